import { ApiError, unavailable, type StartMigration, type StartedMigration } from '@vfleet/contracts';
import { uuidv7 } from 'uuidv7';
import { busy } from './busy.js';
import type { Saga } from './domain/saga.js';
import type { SagaDesk } from './saga-desk.js';
import { Waiting } from './waiting.js';

/** How long a caller waits until it is known whether a move may begin. */
const DECIDED_WITHIN_MS = 4_000;

/** Starts moves and tells whoever asked when it is known whether they may be. */
export class Moves {
  private readonly waiting = new Waiting<Saga>();

  constructor(private readonly desk: () => SagaDesk) {}

  /** @throws ApiError 409 MIGRATION_IN_PROGRESS or OPERATION_IN_PROGRESS, 422 with the reason of a refusal */
  async start(request: StartMigration): Promise<StartedMigration> {
    const migrationId = uuidv7();
    const decided = this.waiting.for(migrationId, DECIDED_WITHIN_MS, () =>
      unavailable(`the allocator does not answer in time; migration ${migrationId} goes on as soon as it does`),
    );
    const { busyWith } = await this.desk().submit(migrationId, { type: 'Start', migrationId, request, now: new Date().toISOString() });
    if (busyWith) this.waiting.refuse(migrationId, busy(busyWith));
    const { state, code = 'MIGRATION_FORBIDDEN', message = 'refused' } = await decided;
    if (state === 'rejected') throw new ApiError(422, code, message, { migrationId });
    return { migrationId, state: state === 'none' ? 'requested' : state };
  }

  /** A saga has changed: whoever waits for it is told once it is decided. */
  look(saga: Saga): void {
    if (saga.state !== 'requested') this.waiting.tell(saga.migrationId, saga);
  }
}
