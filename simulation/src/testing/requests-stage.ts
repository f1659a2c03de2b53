import { ApiError } from '@vfleet/contracts';
import type { BusUnderTest, Member } from './bus-under-test.js';
import { plain, type Stage } from './histories.js';
import type { Manner, Queue, RequestsStep } from './requests-history.js';

const SUBJECT = 'vfleet.agent.h1.probe';
/** Who may take it for an answer that there is none. */
const SHORT_MS = 250;
/** Long enough on a machine that is busy with other specs. */
const LONG_MS = 20_000;
const TOO_LATE = 'in time';
/** Where both could be, and the first answer counts. */
const BY_CHANCE = 'answered or refused';
/** More of them, and no more is learnt. */
const MOST = 5;

interface Server {
  readonly queue: Queue;
  readonly manner: Manner;
  readonly member: Member;
  state: 'whole' | 'cut' | 'stalled' | 'ended';
}

/** A bus, a client that asks, and whoever answers. */
export class RequestsStage implements Stage<RequestsStep> {
  private readonly servers: Server[] = [];
  /** How often somebody of each queue group was asked. */
  private readonly asked = new Map<Queue, number>();
  private client: 'whole' | 'cut' | 'stalled' = 'whole';
  /** Nobody waits any longer. */
  end: () => void = () => undefined;
  /** Nothing that is silent ends before. */
  private readonly never = new Promise<void>((resolve) => (this.end = resolve));

  private constructor(
    private readonly bus: BusUnderTest,
    private readonly asking: Member,
  ) {}

  static async on(bus: BusUnderTest): Promise<RequestsStage> {
    return new RequestsStage(bus, await bus.join('client'));
  }

  look(expected: unknown): Promise<unknown> {
    return this.bus.see(async () => plain(Object.fromEntries([...this.asked].toSorted(([a], [b]) => (a < b ? -1 : 1)))), expected);
  }

  async act(step: RequestsStep, expected: unknown): Promise<unknown> {
    switch (step.what) {
      case 'serve':
        return this.servers.length < MOST && this.serve(step.queue, step.manner);
      case 'ask':
        return this.ask(step.times, JSON.stringify(expected ?? '').includes(TOO_LATE));
      case 'end':
      case 'cut':
      case 'stall':
      case 'heal':
        return this.change(step.what, this.servers[step.which % Math.max(1, this.servers.length)]);
      case 'stall the client':
        if (this.client !== 'whole') return undefined;
        this.client = 'stalled';
        return this.asking.stall();
      case 'cut the client':
        if (this.client !== 'whole') return undefined;
        this.client = 'cut';
        this.asking.cut();
        return this.bus.settle(this.asking.forgotten());
      case 'heal the client':
        if (this.client === 'whole') return undefined;
        this.client = 'whole';
        return this.bus.settle(this.asking.heal());
      default:
        return step satisfies never;
    }
  }

  /** All of a queue group behave alike, and are reached alike: which of it is asked is chance. */
  private async serve(queue: Queue, wanted: Manner): Promise<void> {
    const other = this.servers.find((one) => one.queue === queue);
    if (other?.state === 'stalled') return;
    const manner = other?.manner ?? wanted;
    const member = await this.bus.join(`server ${this.servers.length}`);
    this.servers.push({ queue, manner, member, state: 'whole' });
    const answer = async (): Promise<object> => {
      this.asked.set(queue, (this.asked.get(queue) ?? 0) + 1);
      if (manner === 'is silent') await this.never;
      if (manner === 'refuses') throw new ApiError(409, 'DEVICE_BUSY', 'another VM has it');
      return { answered: true };
    };
    await this.bus.settle(member.serve(queue, SUBJECT, answer));
  }

  /** A queue group stalls as a whole: which of it is asked is chance. */
  private async change(what: 'end' | 'cut' | 'stall' | 'heal', server: Server | undefined): Promise<void> {
    if (!server) return;
    const group = this.servers.filter(({ queue }) => queue === server.queue);
    const chosen = what === 'stall' || server.state === 'stalled' ? group : [server];
    for (const one of chosen) if (one.state !== 'ended') await this.changeOne(what, one);
  }

  private async changeOne(what: 'end' | 'cut' | 'stall' | 'heal', server: Server): Promise<void> {
    const { member, state } = server;
    if (what === 'heal' ? state === 'whole' : state !== 'whole') return;
    server.state = AFTER[what];
    if (what === 'heal') return this.bus.settle(member.heal());
    member[what]();
    if (what !== 'stall') await this.bus.settle(member.forgotten());
  }

  private async ask(times: number, isTooLate: boolean): Promise<unknown> {
    const one = (): Promise<string> =>
      this.asking.ask(SUBJECT, {}, isTooLate ? SHORT_MS : LONG_MS).then(
        () => 'answered',
        (error: ApiError) => `${error.status} ${error.message}`,
      );
    const outcomes = await this.bus.settle(Promise.all(Array.from({ length: times }, one)));
    const manners = new Set(this.servers.filter(({ state, manner }) => state === 'whole' && manner !== 'is silent').map(({ manner }) => manner));
    return manners.size < 2 ? outcomes : outcomes.map((outcome) => (outcome === 'answered' || outcome.startsWith('409') ? BY_CHANCE : outcome));
  }
}

const AFTER = { end: 'ended', cut: 'cut', stall: 'stalled', heal: 'whole' } as const;
