import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  ApiError,
  MigrationKey,
  ResolveMigration,
  StartMigration,
  apiSubject,
  conflict,
  notFound,
  type Migration,
  type MigrationPlan,
  type StartedMigration,
} from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { InjectPlatform, ask, type Platform } from '@vfleet/service-kit';
import { toMigrationPlan } from '../domain/plan-steps.js';
import { isCancellable, type SagaCommandIn } from '../domain/saga.decider.js';
import type { Saga } from '../domain/saga.js';
import { Allocator } from '../outbound/allocator.js';
import { SagaDesk } from '../saga-desk.js';
import { SagaMemory } from '../saga-memory.js';
import { Moves } from '../moves.js';

const READ_TIMEOUT_MS = 4_000;

/** Moves, asked for by users. What is read is read from the inventory, once it is committed. */
@Controller()
export class MigrationsController {
  constructor(
    private readonly moves: Moves,
    private readonly desk: SagaDesk,
    private readonly memory: SagaMemory,
    private readonly allocator: Allocator,
    @InjectPlatform() private readonly platform: Platform,
  ) {}

  @MessagePattern('vfleet.api.migrations.start', REQUESTS)
  start(@Payload() request: StartMigration): Promise<StartedMigration> {
    return this.moves.start(request);
  }

  @MessagePattern('vfleet.api.migrations.plan', REQUESTS)
  async plan(@Payload() request: StartMigration): Promise<MigrationPlan> {
    return toMigrationPlan(await this.allocator.ask('moves.plan', request));
  }

  @MessagePattern('vfleet.api.migrations.cancel', REQUESTS)
  async cancel(@Payload() { migrationId }: MigrationKey): Promise<Migration> {
    const saga = await this.find(migrationId);
    if (!isCancellable(saga))
      throw conflict('MIGRATION_PAST_CANCELLING', `migration ${migrationId} is ${saga.state}: it cannot be cancelled any more`);
    return this.tell(migrationId, { type: 'Cancel', now: new Date().toISOString() });
  }

  @MessagePattern('vfleet.api.migrations.retry', REQUESTS)
  async retry(@Payload() { migrationId }: MigrationKey): Promise<Migration> {
    const { vmId } = await this.findFailed(migrationId);
    const other = this.memory.activeOf(vmId);
    if (other !== undefined) throw conflict('MIGRATION_IN_PROGRESS', `${vmId} is on its way already`, { migrationId: other });
    return this.tell(migrationId, { type: 'Retry', now: new Date().toISOString() });
  }

  @MessagePattern('vfleet.api.migrations.resolve', REQUESTS)
  async resolve(@Payload() { migrationId, hostId }: ResolveMigration): Promise<Migration> {
    const saga = await this.findFailed(migrationId);
    const { vmId, sourceHostId, targetHostId, past } = saga;
    const where = hostId ?? (past ? targetHostId : sourceHostId);
    if (where !== sourceHostId && where !== targetHostId)
      throw new ApiError(400, 'INVALID_REQUEST', `hostId must be ${sourceHostId} or ${targetHostId}`, [
        { field: 'hostId', message: 'is neither side of the migration' },
      ]);
    await this.allocator.ask('moves.settle', { migrationId, vmId, at: where === targetHostId ? 'target' : 'source' });
    return this.tell(migrationId, { type: 'Resolved', hostId: where ?? '', now: new Date().toISOString() });
  }

  private async find(migrationId: string): Promise<Saga> {
    const saga = await this.memory.move(migrationId);
    if (!saga) throw notFound('MIGRATION', migrationId);
    return saga;
  }

  private async findFailed(migrationId: string): Promise<Saga> {
    const saga = await this.find(migrationId);
    if (saga.state !== 'failed') throw conflict('MIGRATION_NOT_FAILED', `migration ${migrationId} is ${saga.state}, and has not failed`);
    return saga;
  }

  private async tell(migrationId: string, command: SagaCommandIn): Promise<Migration> {
    await this.desk.submit(migrationId, command);
    return (await ask(this.platform.nats, apiSubject('migrations', 'get'), { migrationId }, READ_TIMEOUT_MS)) as Migration;
  }
}
