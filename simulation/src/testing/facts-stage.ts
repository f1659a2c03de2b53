import type { InboundFact } from '@vfleet/messaging';
import { Hopeless, type BusUnderTest, type Member } from './bus-under-test.js';
import { NO_ID, type Durable, type Fate, type FactsStep } from './facts-history.js';
import { plain, type Stage } from './histories.js';

const SUBJECT = 'vfleet.in.host.h1.HostOnline';

/** One process that takes facts as an owner. */
interface Owner {
  readonly durable: Durable;
  readonly number: number;
  readonly member: Member;
  /** In their order. */
  readonly taken: string[];
  /** In an order that nobody promises. */
  readonly again: string[];
  readonly buried: string[];
}

interface Told {
  readonly n: number;
  readonly fate: Fate;
}

interface Held {
  readonly by: Owner;
  readonly n: number;
  readonly letGo: () => void;
}

/** A bus, an agent that tells facts, and the owners that take them. */
export class FactsStage implements Stage<FactsStep> {
  private readonly owners: Owner[] = [];
  private readonly killed = new Set<Owner>();
  private held: Held[] = [];
  /** What killed owners wait for: nobody hears of it when it comes. */
  private lost: Held[] = [];
  private told = 0;
  private isStalled = false;

  private constructor(
    private readonly bus: BusUnderTest,
    private readonly agent: Member,
  ) {}

  static async on(bus: BusUnderTest): Promise<FactsStage> {
    return new FactsStage(bus, await bus.join('agent'));
  }

  async look(expected: unknown): Promise<unknown> {
    const { bus } = this;
    const look = async (): Promise<unknown> => {
      const owners = [];
      for (const { durable, number, taken, again, buried } of this.owners) {
        const open = await bus.unacknowledged(durable, number);
        owners.push({ who: `${durable} ${number}`, taken, again: again.toSorted(), buried: buried.toSorted(), open });
      }
      return plain({ facts: await bus.factsState(), owners });
    };
    return bus.see(look, expected);
  }

  async act(step: FactsStep): Promise<unknown> {
    const { bus } = this;
    switch (step.what) {
      case 'tell':
        return this.tell(step.id, step.fate, step.times);
      case 'next owner':
        if (step.killed) this.kill(this.newest(step.durable));
        return this.open(step.durable, this.highest(step.durable) + 1);
      case 'replaced owner comes back':
        return this.comeBack(step.durable);
      case 'kill owner':
        return this.kill(this.newest(step.durable));
      case 'let go':
        return this.letGo(step.which);
      case 'delete consumer':
        return this.deleteConsumer(step.durable);
      case 'purge':
        return (await bus.factsState()) && bus.purge('facts');
      case 'delete stream':
        for (const durable of ['one', 'two'] as const) this.killReplaced(durable);
        return (await bus.factsState()) && bus.deleteFacts();
      case 'stall the agent':
        this.isStalled = true;
        return this.agent.stall();
      case 'heal the agent':
        return this.heal();
      default:
        return step satisfies never;
    }
  }

  /** What waits is let go: nothing must wait when it is over. */
  end(): void {
    for (const { letGo } of [...this.held.splice(0), ...this.lost.splice(0)]) letGo();
  }

  /** Owners do not promise each other any order. */
  private letGo(which: number): void {
    const keyOf = ({ by, n }: Held): string => `${this.owners.indexOf(by)} ${String(n).padStart(3, '0')}`;
    const held = this.held.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const chosen = held[which % Math.max(1, held.length)];
    this.held = held.filter((one) => one !== chosen);
    chosen?.letGo();
  }

  private newest(durable: Durable): Owner | undefined {
    return this.owners.findLast((one) => one.durable === durable && !this.killed.has(one));
  }

  /** The highest number that an owner has had. */
  private highest(durable: Durable): number {
    return Math.max(0, ...this.owners.filter((one) => one.durable === durable).map(({ number }) => number));
  }

  private async heal(): Promise<void> {
    if (!this.isStalled) return;
    this.isStalled = false;
    await this.bus.settle(this.agent.heal());
  }

  private async tell(id: number, fate: Fate, times: number): Promise<unknown> {
    const { bus, agent } = this;
    const one = (): Promise<string> => {
      const data: Told = { n: (this.told += 1), fate };
      return agent.publishFact(SUBJECT, data, id === NO_ID ? undefined : `fact-${id}`).then(
        () => 'stored',
        () => 'refused',
      );
    };
    const outcomes = Promise.all(Array.from({ length: times }, one));
    return this.isStalled ? 'on its way' : bus.settle(outcomes);
  }

  private async open(durable: Durable, number: number): Promise<void> {
    const { bus, owners } = this;
    const member = await bus.join(`${durable} ${number} ${owners.length}`);
    const owner: Owner = { durable, number, member, taken: [], again: [], buried: [] };
    owners.push(owner);
    const handle = (fact: InboundFact): Promise<void> => this.take(owner, fact.fact as never);
    const bury = async ({ payload }: InboundFact['message']): Promise<void> =>
      void owner.buried.push(`${(JSON.parse(new TextDecoder().decode(payload)) as Told).n}`);
    await bus.settle(member.takeFacts({ durable, owner: number, handle, bury }));
  }

  private async take(owner: Owner, { n, fate }: Told): Promise<void> {
    const isFirst = !owner.taken.includes(`${n}`);
    (isFirst ? owner.taken : owner.again).push(`${n}`);
    if (fate === 'hopeless') throw new Hopeless('never');
    if (fate === 'fails once' && isFirst) throw new Error('not now');
    if (fate === 'held') await new Promise<void>((resolve) => this.held.push({ by: owner, n, letGo: resolve }));
  }

  /** Where there is a later one: it finds that it has been replaced, and takes nothing. */
  private async comeBack(durable: Durable): Promise<void> {
    const highest = this.highest(durable);
    const isReplaced = highest > 1 && (await this.bus.unacknowledged(durable, highest)) !== undefined;
    if (isReplaced) await this.open(durable, highest - 1);
  }

  private kill(owner: Owner | undefined): void {
    if (!owner) return;
    this.killed.add(owner);
    owner.member.end();
    this.lost.push(...this.held.filter(({ by }) => by === owner));
    this.held = this.held.filter(({ by }) => by !== owner);
  }

  /** Where several owners find that there is no consumer, chance says who is the first to make one. */
  private killReplaced(durable: Durable): void {
    const highest = this.highest(durable);
    for (const owner of this.owners) if (owner.durable === durable && owner.number < highest) this.kill(owner);
  }

  private async deleteConsumer(durable: Durable): Promise<void> {
    this.killReplaced(durable);
    const { bus } = this;
    for (const { number } of this.owners.filter((one) => one.durable === durable))
      if ((await bus.unacknowledged(durable, number)) !== undefined) return bus.deleteConsumer(durable, number);
  }
}
