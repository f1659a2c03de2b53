import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { ApiError, DrainHost, Nothing, UndrainHost, type BlockedVm, type Drain, type DrainedMigration } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Moves } from '../moves.js';
import { Allocator } from '../outbound/allocator.js';
import { SagaMemory } from '../saga-memory.js';

/** Emptying hosts: every VM that holds a device there is moved away, each by the same road as a single move. */
@Controller()
export class HostsController {
  constructor(
    private readonly moves: Moves,
    private readonly memory: SagaMemory,
    private readonly allocator: Allocator,
  ) {}

  /** From now on the host takes no new VM; what cannot leave it is told with the reason. A dry run changes nothing. */
  @MessagePattern('vfleet.api.hosts.drain', REQUESTS)
  async drain(@Payload() { hostId, dryRun = false }: DrainHost): Promise<Drain> {
    if (dryRun) return this.plan(hostId);
    const { vmIds } = await this.allocator.ask('hosts.vms', { hostId, drain: true });
    // All at once: the allocator decides one after the other, so that no device is promised twice.
    const outcomes = await Promise.all(vmIds.map((vmId) => this.moveAway(vmId)));
    return {
      migrations: outcomes.flatMap((one) => ('targetHostId' in one ? [one] : [])),
      blocked: outcomes.flatMap((one) => ('code' in one ? [one] : [])),
    };
  }

  @MessagePattern('vfleet.api.hosts.undrain', REQUESTS)
  undrain(@Payload() request: UndrainHost): Promise<Nothing> {
    return this.allocator.ask('hosts.undrain', request);
  }

  private async moveAway(vmId: string): Promise<DrainedMigration | BlockedVm> {
    try {
      const { migrationId } = await this.moves.start({ vmId });
      const move = await this.memory.move(migrationId);
      return { migrationId, vmId, targetHostId: move?.targetHostId ?? '' };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { vmId, code: error.code, message: error.message };
    }
  }

  private async plan(hostId: string): Promise<Drain> {
    const { plans } = await this.allocator.ask('hosts.planDrain', { hostId });
    const migrations = plans.flatMap(({ vmId, targetHostId, blockers }) => (blockers.length === 0 && targetHostId ? [{ vmId, targetHostId }] : []));
    const blocked = plans.flatMap(({ vmId, blockers: [first] }) => (first ? [{ vmId, code: first.code, message: first.message }] : []));
    return { migrations, blocked };
  }
}
