import {
  AlreadyReceived,
  Fenced,
  GroupCommit,
  StreamConflict,
  isPassing,
  recordedBy,
  type Appended,
  type ClaimChange,
  type Draft,
  type Fence,
  type Journal,
  type Mark,
  type NewEvent,
  type RecordedEvent,
  type Settled,
} from '@vfleet/journal';
import type { Log } from '@vfleet/messaging';
import { currentTraceparent } from '@vfleet/telemetry';
import { claimsOf } from './claims.js';
import { decide, type Command } from './domain/decide.js';
import { streamOf, type Answer, type Decision, type Effect } from './domain/decision.js';
import type { DeskWatch } from './desk-watch.js';
import type { FleetMemory } from './fleet-memory.js';
import { newId } from './new-id.js';
import { RecentKeys } from './recent-keys.js';
import { surroundings } from './surroundings.js';

/** A command with where it came from. */
export interface Job {
  readonly command: Command;
  /** Counts once: a job with a key that was answered before comes to nothing. */
  readonly key?: string;
  readonly causationId?: string;
  /** W3C; that of the request that is being handled, unless told. */
  readonly traceparent?: string;
}

export interface DeskOptions {
  readonly journal: Journal;
  readonly memory: FleetMemory;
  readonly fence: () => Fence | undefined;
  /** Why nothing may be decided now, where that is so. */
  readonly halted?: () => Error | undefined;
  /** Something was committed: these events, where their places in the log are known. */
  readonly onCommit: (events: readonly RecordedEvent[]) => void;
  readonly onEffect: (effect: Effect) => void;
  /** Another owner is at work, or the journal is not what we believe: this process must not decide any more. */
  readonly onLost: (error: Error) => void;
  readonly log: Log;
  /** Told of everything that is decided and written. */
  readonly watch?: DeskWatch;
  /** Commands waiting at most. */
  readonly maxWaiting?: number;
}

/** A command that fails whenever it is tried. */
export class Undecidable extends Error {
  override readonly name = 'Undecidable';
}

const RECENT_KEYS = 200_000;
/** Time for deciding what is committed together; the lease is renewed and requests are read in between. A long decision still ends. */
const DECIDE_FOR_MS = 100;

/** What decisions come to, and what is answered when that is written. */
interface Writes {
  readonly answers: Answer[];
  readonly events: NewEvent[];
  readonly inbox: Set<string>;
  readonly claims: ClaimChange[];
  readonly marks: Mark[];
  readonly effects: Effect[];
}

const noWrites = (): Writes => ({ answers: [], events: [], inbox: new Set(), claims: [], marks: [], effects: [] });

/**
 * Where everything is decided: commands wait in line, those that wait together are decided one after the other
 * against memory and committed together, and nobody is answered before that.
 */
export class Desk {
  private readonly line: GroupCommit<Job, Answer>;
  private readonly recent = new RecentKeys(RECENT_KEYS);
  /** What is on its way to the journal. */
  private writing: Writes | undefined;
  /** Keys of appends that failed, and may be recorded yet: a server goes on with what it was asked when its connection breaks. */
  private readonly inDoubt = new Set<string>();

  constructor(private readonly options: DeskOptions) {
    this.line = new GroupCommit<Job, Answer>({
      commit: (jobs) => this.commit(jobs),
      ahead: { begin: () => this.begin(), forget: () => this.forget() },
      onRetry: (error, waitMs) => {
        options.watch?.failed();
        options.log('warn', 'commit has to be tried again', { error: (error as Error).message, waitMs });
      },
      ...(options.maxWaiting !== undefined && { maxWaiting: options.maxWaiting }),
    });
  }

  /** @throws QueueFull, Undecidable, and what `halted` tells */
  submit(job: Job): Promise<Answer> {
    const halt = this.options.halted?.();
    if (halt) return Promise.reject(halt);
    const traceparent = job.traceparent ?? currentTraceparent();
    return this.line.submit(traceparent === undefined || traceparent === job.traceparent ? job : { ...job, traceparent });
  }

  /** Commands that wait. */
  get depth(): number {
    return this.line.depth;
  }

  drain(): Promise<void> {
    return this.line.drain();
  }

  /** The next transaction, decided over the one that is being written. */
  private begin(): Draft<Job, Answer> {
    const writes = noWrites();
    return { add: (job) => this.decide(job, writes), write: () => this.write(writes) };
  }

  private forget(): void {
    this.options.memory.rollback();
    this.writing = undefined;
  }

  /** Keeps what was decided last. While it is written, more can be decided. */
  private async write(writes: Writes): Promise<readonly Settled<Answer>[]> {
    const { memory, onCommit, onEffect, watch } = this.options;
    const { answers, effects, ...rows } = writes;
    const began = performance.now();
    const isWritten = rows.events.length + rows.inbox.size + rows.marks.length > 0;
    memory.seal();
    this.writing = writes;
    const appended = isWritten ? await this.append(rows) : undefined;
    memory.commit();
    this.writing = undefined;
    this.recent.add(rows.inbox);
    if (isWritten) watch?.written(answers.length, rows.events, began);
    if (appended && rows.events.length > 0) onCommit(recordedBy(appended, rows.events));
    effects.forEach(onEffect);
    return answers.map((value) => ({ ok: true, value }));
  }

  private async append({ inbox, ...rows }: Omit<Writes, 'answers' | 'effects'>): Promise<Appended> {
    const { journal, fence } = this.options;
    try {
      const appended = await journal.append({ ...rows, inbox: [...inbox] }, fence());
      for (const key of inbox) this.inDoubt.delete(key);
      return appended;
    } catch (error) {
      if (isPassing(error)) for (const key of inbox) this.inDoubt.add(key);
      throw error;
    }
  }

  /** The careful road, where something is known to go wrong: decides, writes, and finds out which job it is. */
  private async commit(jobs: readonly Job[]): Promise<readonly Settled<Answer>[]> {
    const { onLost } = this.options;
    this.forget();
    const writes = noWrites();
    try {
      this.decideInTime(jobs, writes);
      return await this.write(writes);
    } catch (error) {
      this.forget();
      if (isPassing(error)) throw error;
      if (error instanceof AlreadyReceived && !(await this.isOvertaken(writes.inbox))) return this.commit(jobs);
      if (error instanceof Fenced || error instanceof StreamConflict || error instanceof AlreadyReceived) {
        onLost(error);
        return jobs.map(() => ({ ok: false, error }));
      }
      // Those that were decided, and the one that could not be; the rest is none the worse for it.
      return this.isolate(jobs.slice(0, writes.answers.length + 1), error as Error);
    }
  }

  /** Some messages were answered before. Where that was by an append of ours that was taken for lost, the log holds what memory does not. */
  private async isOvertaken(inbox: ReadonlySet<string>): Promise<boolean> {
    const received = await this.options.journal.received([...inbox]);
    this.recent.add(received);
    return [...received].some((key) => this.inDoubt.has(key));
  }

  /** As many as the time allows, one at least. */
  private decideInTime(jobs: readonly Job[], writes: Writes): void {
    const end = performance.now() + DECIDE_FOR_MS;
    for (const job of jobs) {
      this.decide(job, writes);
      if (performance.now() > end) return;
    }
  }

  /** One job of a batch cannot be decided or kept: the others must not suffer for it. */
  private async isolate(jobs: readonly Job[], error: Error): Promise<readonly Settled<Answer>[]> {
    const [only] = jobs;
    if (jobs.length === 1 && only) {
      this.options.log('error', 'a command cannot be decided', { command: only.command.type, causationId: only.causationId, error: error.stack });
      return [{ ok: false, error: new Undecidable(error.message) }];
    }
    const settled: Settled<Answer>[] = [];
    for (const job of jobs) settled.push(...(await this.commit([job])));
    return settled;
  }

  private decide(job: Job, writes: Writes): void {
    const { key } = job;
    if (key !== undefined && (this.recent.has(key) || this.writing?.inbox.has(key) || writes.inbox.has(key)))
      return void writes.answers.push({ kind: 'nothing' });
    const { memory, watch } = this.options;
    const began = performance.now();
    const decision = decide(memory, job.command, surroundings());
    const span = watch?.decided(job.command.type, began, job.traceparent, decision.events.length);
    this.lay(decision, span ? { ...job, traceparent: span.traceparent } : job, writes);
    if (key !== undefined) writes.inbox.add(key);
    writes.answers.push(decision.answer);
  }

  /** Lays a decision over memory and puts it with what will be written. */
  private lay({ events, marks = [], effects = [] }: Decision, { causationId, traceparent }: Job, writes: Writes): void {
    const { memory } = this.options;
    const meta = {
      source: 'allocator',
      ...this.decidedBy(),
      ...(causationId && { causationId, correlationId: causationId }),
      ...(traceparent && { traceparent }),
    };
    for (const event of events) {
      const stream = streamOf(event);
      const version = memory.version(stream) + 1;
      memory.apply(stream, version, event);
      writes.events.push({ id: newId(), stream, version, type: event.type, data: event.data, text: JSON.stringify(event.data), meta });
      writes.claims.push(...claimsOf(event));
    }
    for (const { key, value, lasting } of marks) {
      memory.applyMark(key, value);
      if (lasting) writes.marks.push({ key, value });
    }
    writes.effects.push(...effects);
  }

  /** Number of the owner, so that the log itself shows who decided what. */
  private decidedBy(): { readonly fence?: number } {
    const held = this.options.fence();
    return held ? { fence: held.fence } : {};
  }
}
