import { lateAt } from './domain/undertaking.js';
import type { SagaDesk } from './saga-desk.js';
import type { SagaMemory } from './saga-memory.js';

const TICK_MS = 100;
/** What agents have told while nobody listened is heard first, in milliseconds since the start. */
const HEAR_FIRST_MS = 2_000;

/** Tells moves and hot-plugs that time has passed. When each is due stands in its row, so that a new owner knows it as well. */
export class Deadlines {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly memory: SagaMemory,
    private readonly desk: SagaDesk,
  ) {}

  start(): void {
    const from = performance.now() + HEAR_FIRST_MS;
    this.timer = setInterval(() => {
      if (performance.now() >= from) this.look(new Date().toISOString());
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(now: string): void {
    for (const migrationId of this.memory.open()) {
      const undertaking = this.memory.get(migrationId)?.undertaking;
      const due = undertaking && lateAt(undertaking);
      if (due !== undefined && due <= now) this.desk.submit(migrationId, { type: 'TimePassed', now }).catch(() => undefined);
    }
  }
}
