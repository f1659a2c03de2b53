import { Fenced, GroupCommit, StreamConflict, isPassing, type Fence, type Journal, type Mark, type NewEvent, type Settled } from '@vfleet/journal';
import type { Log } from '@vfleet/messaging';
import { currentTraceparent } from '@vfleet/telemetry';
import { uuidv7 } from 'uuidv7';
import { undertakingDecider, type UndertakingCommand } from './domain/undertaking.decider.js';
import { isWaiting, lateAt, type Undertaking, type UndertakingEvent } from './domain/undertaking.js';
import { markKey, streamOf, type Kept, type SagaMemory } from './saga-memory.js';
import type { SagaWatch } from './saga-watch.js';

/** Something for one move or hot-plug to hear. */
export interface Job {
  readonly migrationId: string;
  readonly command: UndertakingCommand;
  readonly causationId?: string;
  /** W3C; of the request that is being handled. What is begun goes on under it. */
  readonly traceparent?: string | undefined;
}

/** What became of it; `busyWith`: what is under way with the same VM, so that nothing was begun. */
export interface Heard {
  readonly undertaking: Undertaking;
  readonly events: readonly UndertakingEvent[];
  readonly busyWith?: Undertaking;
}

export interface SagaDeskOptions {
  readonly journal: Journal;
  readonly memory: SagaMemory;
  readonly fence: () => Fence | undefined;
  readonly onCommit: () => void;
  /** After each commit that changed one. */
  readonly onChanged: (undertaking: Undertaking) => void;
  readonly onLost: (error: Error) => void;
  readonly log: Log;
  /** Told of everything that is written. */
  readonly watch?: SagaWatch;
}

/** Where moves and hot-plugs hear and decide: one after the other, many committed together, and nothing is done before that. */
export class SagaDesk {
  private readonly line: GroupCommit<Job, Heard>;

  constructor(private readonly options: SagaDeskOptions) {
    this.line = new GroupCommit<Job, Heard>({
      commit: (jobs) => this.commit(jobs),
      onRetry: (error, waitMs) => {
        options.watch?.failed();
        options.log('warn', 'commit has to be tried again', { error: (error as Error).message, waitMs });
      },
    });
  }

  /** @throws QueueFull */
  submit(migrationId: string, command: UndertakingCommand, causationId?: string): Promise<Heard> {
    return this.line.submit({ migrationId, command, ...(causationId && { causationId }), traceparent: currentTraceparent() });
  }

  get depth(): number {
    return this.line.depth;
  }

  drain(): Promise<void> {
    return this.line.drain();
  }

  private async commit(jobs: readonly Job[]): Promise<readonly Settled<Heard>[]> {
    const { journal, memory, fence, onCommit, onChanged, onLost, watch } = this.options;
    const drafts = new Map<string, Kept>();
    for (const migrationId of new Set(jobs.map((job) => job.migrationId)))
      drafts.set(migrationId, memory.get(migrationId) ?? (await this.load(migrationId)));
    const claimed = new Map<string, string>();
    const events: NewEvent[] = [];
    const heard = jobs.map((job) => this.hear(job, drafts, claimed, events));
    const began = performance.now();
    try {
      if (events.length > 0) await journal.append({ events, marks: marksOf(drafts, events) }, fence());
    } catch (error) {
      if (isPassing(error)) throw error;
      if (error instanceof Fenced || error instanceof StreamConflict) onLost(error);
      return jobs.map(() => ({ ok: false, error }));
    }
    for (const [migrationId, kept] of drafts) memory.keep(migrationId, kept);
    if (events.length > 0) watch?.written(jobs.length, events, began);
    if (events.length > 0) onCommit();
    for (const { undertaking } of changed(drafts, events)) onChanged(undertaking);
    return heard.map((value) => ({ ok: true, value }));
  }

  /**
   * All that wait are known: one that is found only now was begun by an append of ours that went on when its connection had broken, and
   * nobody has looked at it.
   */
  private async load(migrationId: string): Promise<Kept> {
    const kept = await this.options.memory.load(migrationId);
    if (isWaiting(kept.undertaking)) this.options.onChanged(kept.undertaking);
    return kept;
  }

  private hear(
    { migrationId, command, causationId, traceparent: carried }: Job,
    drafts: Map<string, Kept>,
    claimed: Map<string, string>,
    events: NewEvent[],
  ): Heard {
    const before = drafts.get(migrationId) as Kept;
    const vmId = begins(command);
    if (vmId !== undefined) {
      const { memory } = this.options;
      const active = claimed.get(vmId) ?? memory.activeOf(vmId);
      const busyWith = active === undefined || active === migrationId ? undefined : (drafts.get(active) ?? memory.get(active))?.undertaking;
      if (busyWith) return { undertaking: before.undertaking, events: [], busyWith };
      claimed.set(vmId, migrationId);
    }
    const decided = undertakingDecider.decide(before.undertaking, command);
    const fence = this.options.fence()?.fence;
    const { traceparent = vmId === undefined ? undefined : this.begunUnder(command, carried) } = before;
    const named = { ...(causationId && { causationId }), ...(traceparent && { traceparent }) };
    const meta = { source: 'migrator', correlationId: migrationId, ...named, ...(fence !== undefined && { fence }) };
    let { undertaking, version } = before;
    for (const event of decided) {
      version += 1;
      events.push({ id: uuidv7(), stream: streamOf(migrationId), version, type: event.type, data: event.data, meta });
      undertaking = undertakingDecider.evolve(undertaking, event);
    }
    drafts.set(migrationId, { undertaking, version, traceparent });
    return { undertaking, events: decided };
  }

  private begunUnder({ type }: UndertakingCommand, carried: string | undefined): string | undefined {
    const { watch } = this.options;
    return watch ? watch.begun(type, carried) : carried;
  }
}

/** The VM with which something is to begin. */
const begins = (command: UndertakingCommand): string | undefined => {
  if (command.type === 'Start') return command.request.vmId;
  return command.type === 'Hotplug' ? command.vmId : undefined;
};

const changed = (drafts: ReadonlyMap<string, Kept>, events: readonly NewEvent[]): readonly Kept[] => {
  const streams = new Set(events.map(({ stream }) => stream));
  return [...drafts].flatMap(([migrationId, kept]) => (streams.has(streamOf(migrationId)) ? [kept] : []));
};

/** One row for each that has not ended: when it is due, so that the next owner finds it. */
const marksOf = (drafts: ReadonlyMap<string, Kept>, events: readonly NewEvent[]): readonly Mark[] =>
  changed(drafts, events).map(({ undertaking }) => ({
    key: markKey(undertaking.migrationId),
    value: { vmId: undertaking.vmId, state: undertaking.state, ...(isWaiting(undertaking) && { due: lateAt(undertaking) ?? '' }) },
  }));
