import { AckPolicy, DeliverPolicy, JetStreamApiError, jetstream, type Consumer, type JetStreamManager, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Allowance } from './allowance.js';
import type { Log } from './log.js';

/** Who may tell how much before it has to wait for all others. */
export interface Fairness {
  /** Whose message it is, a token; undefined for those that nobody limits. */
  readonly sourceOf: (subject: string) => string | undefined;
  /** A filter that takes all messages of a source, and no others. */
  readonly subjectsOf: (source: string) => string;
  /** Messages of one source at once. */
  readonly burst: number;
  /** Messages of one source over time; as many are taken a second from all that wait together. */
  readonly perSecond: number;
  /** A message of a source was told beyond that, and waits. */
  readonly onDelayed?: () => void;
}

export interface SideLanesOptions {
  readonly nats: NatsConnection;
  readonly fairness: Fairness;
  readonly stream: string;
  /** Lanes are consumers `<durable>-lane-<source>`. */
  readonly durable: string;
  readonly ackWaitMs: number;
  /** Settles a message, its acknowledgement included. Called in the order of the stream. */
  readonly handle: (message: JsMsg) => Promise<void>;
  /** Soon, with others. */
  readonly acknowledge: (message: JsMsg) => void;
  readonly log: Log;
}

/** What a source has told beyond its share: it stays in the stream, where a consumer of its own takes it bit by bit. */
interface Lane {
  /** Sequence of the first message that belongs to it. */
  readonly first: number;
  /** Of the last one that does, once it has come to its end. */
  last?: number;
  /** The newest one that was left to it. */
  left: number;
  /** Left to it before its consumer was there; acknowledged once it is. */
  waiting: JsMsg[] | undefined;
}

/** Few, so that what the others tell meanwhile waits for few. */
const TAKEN_AT_ONCE = 25;
const EXPIRES_MS = 1_000;
const RETRY_MS = 1_000;
const NANOS_PER_MS = 1_000_000;
const MS_PER_SECOND = 1_000;
const NOT_FOUND = 404;

/**
 * Keeps a source that floods the stream from the others' way. Beyond its share its messages are left in the stream, in their order,
 * to a durable consumer of its own, so that nothing is lost when this process ends; the others' are read on at once. A lane that has
 * caught up is closed, and its source is read with all others again.
 */
export class SideLanes {
  private readonly lanes = new Map<string, Lane>();
  private readonly allowance: Allowance;
  private readonly running = new Set<Promise<void>>();
  private birth: string | undefined;
  private stopping = false;

  constructor(private readonly options: SideLanesOptions) {
    this.allowance = new Allowance(options.fairness);
  }

  /** Goes on with lanes that an earlier owner has left. `birth`: of the stream, whose sequences mean nothing in another one. */
  async open(manager: JetStreamManager, birth: string): Promise<void> {
    if (this.birth !== birth) this.lanes.clear();
    this.birth = birth;
    const start = this.nameOf('');
    for await (const { name, config } of manager.consumers.list(this.options.stream)) {
      const source = name.startsWith(start) ? name.slice(start.length) : '';
      if (source !== '' && !this.lanes.has(source)) this.begin(source, { first: config.opt_start_seq ?? 1, left: 0, waiting: undefined });
    }
  }

  /** Whether a message is left to a lane; then nobody else has to do anything about it. */
  divert(message: JsMsg): boolean {
    const source = this.options.fairness.sourceOf(message.subject);
    if (source === undefined) return false;
    const { seq } = message;
    let lane = this.lanes.get(source);
    if (lane?.last !== undefined && seq > lane.last) {
      this.lanes.delete(source);
      lane = undefined;
    }
    if (!lane && !this.allowance.take(source, message.info.timestampNanos / NANOS_PER_MS)) lane = this.add(source, seq);
    if (!lane || seq < lane.first) return false;
    lane.left = Math.max(lane.left, seq);
    this.options.fairness.onDelayed?.();
    if (lane.waiting) lane.waiting.push(message);
    else this.options.acknowledge(message);
    return true;
  }

  /** Sources that have to wait. */
  get count(): number {
    return [...this.lanes.values()].filter(({ last }) => last === undefined).length;
  }

  /** Resolves when nothing is being taken from any lane. */
  async close(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.running);
  }

  private add(source: string, first: number): Lane {
    const lane: Lane = { first, left: first, waiting: [] };
    this.options.log('warn', 'a source tells more than its share: it waits for all others', { source, sequence: first });
    this.begin(source, lane);
    return lane;
  }

  private begin(source: string, lane: Lane): void {
    this.lanes.set(source, lane);
    const work: Promise<void> = this.run(source, lane).finally(() => this.running.delete(work));
    this.running.add(work);
  }

  private async run(source: string, lane: Lane): Promise<void> {
    while (!this.stopping && this.lanes.get(source) === lane && lane.last === undefined) {
      try {
        const consumer = await this.consumer(source, lane);
        for (const message of lane.waiting?.splice(0) ?? []) this.options.acknowledge(message);
        lane.waiting = undefined;
        await this.take(consumer);
        if (await this.isAtEnd(consumer, lane)) await this.end(source, consumer);
      } catch (error) {
        if (isGone(error) && this.lanes.get(source) === lane) this.lanes.delete(source);
        else if (!this.stopping) this.options.log('warn', 'a source that waits cannot be read for now', { source, error: (error as Error).message });
        await pause(RETRY_MS);
      }
    }
  }

  /** Made where it is not there; one that is there goes on where it was. */
  private async consumer(source: string, { first, waiting }: Lane): Promise<Consumer> {
    const { nats, stream, ackWaitMs, fairness } = this.options;
    const name = this.nameOf(source);
    if (waiting)
      await (
        await jetstream(nats).jetstreamManager()
      ).consumers.add(stream, {
        durable_name: name,
        filter_subject: fairness.subjectsOf(source),
        ack_policy: AckPolicy.Explicit,
        ack_wait: ackWaitMs * NANOS_PER_MS,
        max_deliver: -1,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: first,
      });
    return jetstream(nats).consumers.get(stream, name);
  }

  /** Some messages, and no more of them than all lanes together may have. */
  private async take(consumer: Consumer): Promise<void> {
    const began = performance.now();
    const work: Promise<void>[] = [];
    for await (const message of await consumer.fetch({ max_messages: TAKEN_AT_ONCE, expires: EXPIRES_MS })) work.push(this.options.handle(message));
    await Promise.all(work);
    const share = this.options.fairness.perSecond / Math.max(1, this.count);
    await this.rest((work.length / share) * MS_PER_SECOND - (performance.now() - began));
  }

  /** What came to it meanwhile, and was left to it, keeps it open. */
  private async isAtEnd(consumer: Consumer, lane: Lane): Promise<boolean> {
    const { num_pending, num_ack_pending, delivered } = await consumer.info();
    if (num_pending > 0 || num_ack_pending > 0 || lane.left > delivered.stream_seq) return false;
    lane.last = Math.max(delivered.stream_seq, lane.first - 1);
    return true;
  }

  private async end(source: string, consumer: Consumer): Promise<void> {
    await consumer.delete();
    this.options.log('info', 'a source that had to wait has been read', { source });
  }

  private nameOf(source: string): string {
    return `${this.options.durable}-lane-${source}`;
  }

  private async rest(milliseconds: number): Promise<void> {
    for (const end = performance.now() + milliseconds; !this.stopping && performance.now() < end;)
      await pause(Math.min(end - performance.now(), LONGEST_PAUSE_MS));
  }
}

/** So that closing does not wait for long. */
const LONGEST_PAUSE_MS = 200;

const isGone = (error: unknown): boolean => error instanceof JetStreamApiError && error.status === NOT_FOUND;

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
