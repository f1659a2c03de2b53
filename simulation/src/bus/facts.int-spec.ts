import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { InboundFact } from '@vfleet/messaging';
import { Hopeless, type BusUnderTest, type Member } from '../testing/bus-under-test.js';
import { natsBuses } from '../testing/nats-buses.js';
import { simulatedBuses } from '../testing/simulated-bus.js';

describe.each([simulatedBuses, natsBuses()])('facts on $name', (buses) => {
  let bus: BusUnderTest;
  let agent: Member;
  let taken: string[];
  /** What a fact waits for as long as a spec runs. */
  let gate: Promise<void>;
  let open: () => void;

  beforeAll(() => buses.start());
  afterAll(() => buses.stop());
  beforeEach(async () => {
    bus = await buses.open();
    agent = await bus.join('agent');
    taken = [];
    gate = new Promise((resolve) => (open = resolve));
  });
  afterEach(() => {
    open();
    return bus.close();
  });

  const tell = (n: number | string, msgId?: string): Promise<void> => bus.settle(agent.publishFact('vfleet.in.host.h1.HostOnline', { n }, msgId));
  const numberOf = ({ fact }: InboundFact): string => String((fact as { readonly n: number | string }).n);
  /** A process that takes facts; what it makes of each is said by its handler, where it has one. */
  const anOwner = async (owner: number, handle: (n: string) => Promise<void> = async () => undefined): Promise<Member> => {
    const member = await bus.join(`owner ${owner}`);
    const take = (fact: InboundFact): Promise<void> => {
      taken.push(`${owner}: ${numberOf(fact)}`);
      return handle(numberOf(fact));
    };
    const bury = async ({ payload }: InboundFact['message']): Promise<void> =>
      void taken.push(`${owner} buries ${(JSON.parse(new TextDecoder().decode(payload)) as { readonly n: string }).n}`);
    await bus.settle(member.takeFacts({ owner, handle: take, bury }));
    return member;
  };
  const untilTaken = (what: string): Promise<void> => bus.until(what, () => taken.includes(what));

  it('are taken in the order in which the stream has them, those from before included', async () => {
    for (const n of [1, 2, 3]) await tell(n);
    await anOwner(1);
    for (const n of [4, 5]) await tell(n);
    await untilTaken('1: 5');
    expect(taken).toEqual(['1: 1', '1: 2', '1: 3', '1: 4', '1: 5']);
  });

  it('are stored once where they come again with their id, and as often as they come where they have none', async () => {
    await anOwner(1);
    await tell(1, 'fact-1');
    await tell(1, 'fact-1');
    await tell(2);
    await tell(2);
    await tell(3, 'fact-3');
    await untilTaken('1: 3');
    expect(taken).toEqual(['1: 1', '1: 2', '1: 2', '1: 3']);
  });

  it('are begun in their order, whatever those before them wait for', async () => {
    await anOwner(1, (n) => (n === '1' ? gate : Promise.resolve()));
    for (const n of [1, 2, 3]) await tell(n);
    await untilTaken('1: 3');
    expect(taken).toEqual(['1: 1', '1: 2', '1: 3']);
  });

  it('are tried again where that may help, and the others go on', async () => {
    let failures = 2;
    await anOwner(1, (n) => (n === '1' && (failures -= 1) >= 0 ? Promise.reject(new Error('not now')) : Promise.resolve()));
    for (const n of [1, 2]) await tell(n);
    await bus.until('the third try', () => taken.filter((one) => one === '1: 1').length === 3);
    expect(taken).toContain('1: 2');
  });

  it('are buried where nothing helps, and the others go on', async () => {
    await anOwner(1, (n) => (n === '1' ? Promise.reject(new Hopeless('never')) : Promise.resolve()));
    for (const n of [1, 2]) await tell(n);
    await untilTaken('1 buries 1');
    await untilTaken('1: 2');
    expect(taken.filter((one) => one === '1: 1')).toHaveLength(1);
  });

  it('go to the next owner from the first one on that was not acknowledged', async () => {
    const first = await anOwner(1, (n) => (n === '3' ? gate : Promise.resolve()));
    for (const n of [1, 2, 3, 4]) await tell(n);
    await untilTaken('1: 4');
    await bus.acknowledged(1, 1);
    first.end();
    await anOwner(2);
    await tell(5);
    await untilTaken('2: 5');
    expect(taken.filter((one) => one.startsWith('2'))).toEqual(['2: 3', '2: 4', '2: 5']);
  });

  it('go to the newest owner alone, also where the one before has not ended', async () => {
    await anOwner(1);
    await tell(1);
    await untilTaken('1: 1');
    await anOwner(2);
    await tell(2);
    await tell(3);
    await untilTaken('2: 3');
    expect(taken).not.toContain('1: 2');
    expect(taken).not.toContain('1: 3');
  });

  it('that could not be told over a cut connection are there once it is mended', async () => {
    await anOwner(1);
    await tell(1);
    agent.cut();
    const told = agent.publishFact('vfleet.in.host.h1.HostOnline', { n: 2 }, 'fact-2').catch(() => undefined);
    await bus.settle(told);
    await bus.settle(agent.heal());
    await tell(2, 'fact-2');
    await tell(3);
    await untilTaken('1: 3');
    expect(taken).toEqual(['1: 1', '1: 2', '1: 3']);
  });
});
