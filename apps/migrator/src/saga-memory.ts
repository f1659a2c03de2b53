import type { Journal } from '@vfleet/journal';
import { replay } from '@vfleet/decider';
import type { Saga } from './domain/saga.js';
import { undertakingDecider } from './domain/undertaking.decider.js';
import { isHotplug, isOver, isWaiting, type Undertaking, type UndertakingEvent } from './domain/undertaking.js';

/** A move or a hot-plug, and the version of its stream. */
export interface Kept {
  readonly undertaking: Undertaking;
  readonly version: number;
  /** W3C trace context under which it was begun, and goes on. */
  readonly traceparent?: string | undefined;
}

/** Ended ones that are kept, for what is told of them late; older ones are read again. */
const KEPT_ENDED = 2_000;
const MARK = 'migration:';

export const streamOf = (migrationId: string): string => `migration-${migrationId}`;
export const markKey = (migrationId: string): string => `${MARK}${migrationId}`;

/** Moves and hot-plugs as far as they are committed: all that have not ended, and the last ones that have. */
export class SagaMemory {
  private readonly kept = new Map<string, Kept>();
  private readonly activeByVm = new Map<string, string>();
  private readonly waiting = new Set<string>();

  constructor(private readonly journal: Journal) {}

  /** Reads those that have not ended as the owner has them; what was known before may have ended since. */
  async follow(): Promise<void> {
    for (const known of [this.kept, this.activeByVm, this.waiting]) known.clear();
    for (const { key } of await this.journal.marks(MARK, 'due')) await this.load(key.slice(MARK.length));
  }

  /** Ids of those that wait for something, be it for an answer after their end. */
  open(): ReadonlySet<string> {
    return this.waiting;
  }

  /** How many have not ended. */
  get active(): number {
    return this.activeByVm.size;
  }

  activeOf(vmId: string): string | undefined {
    return this.activeByVm.get(vmId);
  }

  get(migrationId: string): Kept | undefined {
    return this.kept.get(migrationId);
  }

  /** A move; undefined where the id is none's. */
  async move(migrationId: string): Promise<Saga | undefined> {
    const { undertaking } = this.get(migrationId) ?? (await this.load(migrationId));
    return isHotplug(undertaking) || undertaking.state === 'none' ? undefined : undertaking;
  }

  /** As the journal has it; a new one where there is none. */
  async load(migrationId: string): Promise<Kept> {
    const events = await this.journal.readStream(streamOf(migrationId));
    const undertaking = replay(
      undertakingDecider,
      events.map(({ type, data }) => ({ type, data }) as UndertakingEvent),
    );
    const { traceparent } = (events[0]?.meta ?? {}) as { readonly traceparent?: string };
    const kept = { undertaking, version: events.at(-1)?.version ?? 0, traceparent };
    this.keep(migrationId, kept);
    return kept;
  }

  keep(migrationId: string, kept: Kept): void {
    const { undertaking } = kept;
    const { state, vmId } = undertaking;
    if (state === 'none') return;
    this.kept.delete(migrationId);
    this.kept.set(migrationId, kept);
    if (isWaiting(undertaking)) this.waiting.add(migrationId);
    else this.waiting.delete(migrationId);
    if (!isOver(undertaking)) this.activeByVm.set(vmId, migrationId);
    else if (this.activeByVm.get(vmId) === migrationId) this.activeByVm.delete(vmId);
    this.forgetOldest();
  }

  private forgetOldest(): void {
    if (this.kept.size - this.waiting.size <= KEPT_ENDED) return;
    for (const migrationId of this.kept.keys()) {
      if (this.waiting.has(migrationId)) continue;
      this.kept.delete(migrationId);
      return;
    }
  }
}
