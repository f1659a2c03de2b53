import { ApiError, conflict, unavailable, type StartMigration, type StartedMigration } from '@vfleet/contracts';
import { uuidv7 } from 'uuidv7';
import type { Saga } from './domain/saga.js';
import type { SagaDesk } from './saga-desk.js';

/** How long a caller waits until it is known whether a move may begin. */
const DECIDED_WITHIN_MS = 4_000;

/** Starts moves and tells whoever asked when it is known whether they may be. */
export class Moves {
  private readonly waiting = new Map<string, (saga: Saga) => void>();

  constructor(private readonly desk: () => SagaDesk) {}

  /** @throws ApiError 409 MIGRATION_IN_PROGRESS, 422 with the reason of a refusal */
  async start(request: StartMigration): Promise<StartedMigration> {
    const migrationId = uuidv7();
    const decided = this.decided(migrationId);
    const { busyWith } = await this.desk().submit(migrationId, { type: 'Start', migrationId, request, now: new Date().toISOString() });
    if (busyWith !== undefined) {
      this.waiting.delete(migrationId);
      throw conflict('MIGRATION_IN_PROGRESS', `${request.vmId} is on its way already`, { migrationId: busyWith });
    }
    const { state, code = 'MIGRATION_FORBIDDEN', message = 'refused' } = await decided;
    if (state === 'rejected') throw new ApiError(422, code, message, { migrationId });
    return { migrationId, state: state === 'none' ? 'requested' : state };
  }

  /** A saga has changed: whoever waits for it is told once it is decided. */
  look(saga: Saga): void {
    if (saga.state === 'requested') return;
    this.waiting.get(saga.migrationId)?.(saga);
    this.waiting.delete(saga.migrationId);
  }

  private decided(migrationId: string): Promise<Saga> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(migrationId);
        reject(unavailable(`the allocator does not answer in time; migration ${migrationId} goes on as soon as it does`));
      }, DECIDED_WITHIN_MS);
      this.waiting.set(migrationId, (saga) => {
        clearTimeout(timer);
        resolve(saga);
      });
    });
  }
}
