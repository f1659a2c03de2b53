import type { CopiedMessage, CopyState } from '@vfleet/journal';
import type { BusUnderTest, Member } from './bus-under-test.js';
import { event, idOf } from './copied-event.js';
import type { CopyStep, Follows } from './copy-history.js';
import { plain, type Stage } from './histories.js';

interface Reader {
  readonly heard: string[];
  ended: boolean;
  readonly stop: () => void;
}

type Step<What extends CopyStep['what']> = Extract<CopyStep, { readonly what: What }>;

/** Longer than events are known by their ids, on a server that is busy as well. */
const WINDOW_AND_MORE_MS = 250;
const READERS = 2;

/** A bus, two relays that publish to its stream of events, and whoever reads that. */
export class CopyStage implements Stage<CopyStep> {
  private state: CopyState | undefined;
  private readers: Reader[] = [];
  /** Ids of what was stored lately: how long it does is a matter of time, so they come again only after that. */
  private readonly lately = new Set<string>();
  private goBack: (() => Promise<void>) | undefined;

  private constructor(
    private readonly bus: BusUnderTest,
    private readonly relays: readonly [Member, Member],
  ) {}

  static async on(bus: BusUnderTest): Promise<CopyStage> {
    return new CopyStage(bus, [await bus.join('relay'), await bus.join('another relay')]);
  }

  async look(expected: unknown): Promise<unknown> {
    const look = async (): Promise<unknown> => {
      this.state = await this.relays[0].copy.state();
      return plain({ state: this.state, readers: this.readers.map(({ heard, ended }) => ({ heard, ended })) });
    };
    return this.bus.see(look, expected);
  }

  async act(step: CopyStep): Promise<unknown> {
    const { bus, relays } = this;
    switch (step.what) {
      case 'create':
        return bus.settle(relays[0].copy.create(1));
      case 'remove':
        return bus.settle(outcomeOf(relays[0].copy.remove()));
      case 'purge':
        return this.state && bus.purge();
      case 'publish':
        return this.publish(step);
      case 'publish a window':
        return this.publishWindow(step);
      case 'read':
        return this.read(this.last + step.from);
      case 'stop reading':
        return this.readers.shift()?.stop();
      case 'remember the disk':
        return this.remember();
      case 'go back to that disk':
        await this.goBack?.();
        return this.forgetIds();
      default:
        return step satisfies never;
    }
  }

  private get last(): number {
    return this.state?.last ?? 0;
  }

  private async publish({ ahead, off, journal, follows, times, relay }: Step<'publish'>): Promise<unknown> {
    const expectedLast = Math.max(0, this.last + off);
    const message = event(Math.max(1, this.last + 1 + ahead), { journal, expectedLast, follows: this.idBefore(follows) });
    await this.forgetAny([message]);
    const { copy } = this.relays[relay];
    const outcomes = await this.bus.settle(Promise.all(Array.from({ length: times }, () => outcomeOf(copy.publish(message)))));
    if (outcomes.some((outcome) => outcome !== 'refused')) this.lately.add(message.id);
    return outcomes;
  }

  private async publishWindow({ count, broken }: Step<'publish a window'>): Promise<unknown> {
    const first = this.last + 1;
    const messages = Array.from({ length: count }, (_, at) =>
      event(first + at, { ...(at > 0 && { follows: idOf(first + at - 1) }), ...(at === broken && { expectedLast: first + at }) }),
    );
    await this.forgetAny(messages);
    for (const { id } of messages.slice(0, broken)) this.lately.add(id);
    const [{ copy }] = this.relays;
    for (const message of messages.slice(0, -1)) copy.send(message);
    return this.bus.settle(outcomeOf(copy.publish(messages.at(-1) as CopiedMessage)));
  }

  private idBefore(follows: Follows): string | undefined {
    if (follows === 'nothing') return undefined;
    return follows === 'the last' ? (this.state?.lastId ?? idOf(this.last)) : idOf(this.last, 7);
  }

  private async forgetAny(messages: readonly CopiedMessage[]): Promise<void> {
    if (messages.some(({ id }) => this.lately.has(id))) await this.forgetIds();
  }

  private async forgetIds(): Promise<void> {
    await this.bus.settle(new Promise((resolve) => setTimeout(resolve, WINDOW_AND_MORE_MS)));
    this.lately.clear();
  }

  private async read(from: number): Promise<unknown> {
    if (this.readers.length === READERS) this.readers.shift()?.stop();
    try {
      const live = await this.bus.settle(this.relays[1].live(Math.max(1, from)));
      const reader: Reader = { heard: [], ended: false, stop: () => live.stop() };
      this.readers.push(reader);
      const listen = async (): Promise<void> => {
        for await (const { id } of live.events) reader.heard.push(id);
      };
      const end = (): void => void (reader.ended = true);
      listen().then(end, end);
      return 'reading';
    } catch {
      return 'refused';
    }
  }

  /** The server is stopped for it: nobody reads meanwhile. */
  private async remember(): Promise<void> {
    for (const { stop } of this.readers.splice(0)) stop();
    this.goBack = await this.bus.rememberDisk();
    await this.forgetIds();
  }
}

/** What is told to whoever asks: a sequence, that it was a duplicate, or that it was refused. */
const outcomeOf = (work: Promise<{ readonly seq: number; readonly duplicate: boolean } | void>): Promise<unknown> =>
  work.then(
    (answer) => (answer ? { seq: answer.seq, duplicate: answer.duplicate } : 'done'),
    () => 'refused',
  );
