import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CopiedMessage, LiveRead } from '@vfleet/journal';
import type { BusUnderTest, Member } from '../testing/bus-under-test.js';
import { event, idOf } from '../testing/copied-event.js';
import { natsBuses } from '../testing/nats-buses.js';
import { simulatedBuses } from '../testing/simulated-bus.js';

describe.each([simulatedBuses, natsBuses()])('the copy of the journal on $name', (buses) => {
  let bus: BusUnderTest;
  let relay: Member;

  beforeAll(() => buses.start());
  afterAll(() => buses.stop());
  beforeEach(async () => {
    bus = await buses.open();
    relay = await bus.join('relay');
  });
  afterEach(() => bus.close());

  const settled = <T>(work: Promise<T>): Promise<T> => bus.settle(work);
  const create = (first = 1) => settled(relay.copy.create(first));
  const publish = (message: CopiedMessage) => settled(relay.copy.publish(message));
  const state = () => settled(relay.copy.state());
  /** What is told to whoever publishes: a sequence, that it was a duplicate, or that it was refused. */
  const outcome = (message: CopiedMessage): Promise<unknown> =>
    publish(message).then(
      ({ seq, duplicate }) => ({ seq, duplicate }),
      () => 'refused',
    );
  const fill = async (from: number, to: number): Promise<void> => {
    for (let position = from; position < to; position += 1) relay.copy.send(event(position, position > from ? { follows: idOf(position - 1) } : {}));
    await publish(event(to));
  };
  /** Longer than events are known by their ids. */
  const afterTheWindow = async (): Promise<void> => {
    const now = Date.now();
    await settled(new Promise((resolve) => setTimeout(resolve, 150)));
    expect(Date.now() - now).toBeGreaterThan(100);
  };
  const read = async (from: number): Promise<{ readonly heard: number[]; readonly ended: () => boolean; readonly live: LiveRead }> => {
    const heard: number[] = [];
    let isOver = false;
    const live = await settled(relay.live(from));
    const listen = async (): Promise<void> => {
      try {
        for await (const { position } of live.events) heard.push(position);
      } finally {
        isOver = true;
      }
    };
    listen().catch(() => undefined);
    return { heard, ended: () => isOver, live };
  };

  it('is not there before it is made, and then begins with 1', async () => {
    expect(await state()).toBeUndefined();
    expect(await create()).toMatchObject({ first: 1, last: 0, messages: 0 });
    expect(await state()).toMatchObject({ first: 1, last: 0, messages: 0 });
  });

  it('takes nothing before it is made, and is read by nobody', async () => {
    expect(await outcome(event(1))).toBe('refused');
    await expect(settled(relay.live(1))).rejects.toThrow();
  });

  it('stays as it is where it is made a second time', async () => {
    await create();
    await publish(event(1));
    expect(await create()).toMatchObject({ first: 1, last: 1, messages: 1 });
  });

  it('gives each event its position as its sequence, and knows the last one', async () => {
    await create();
    expect(await outcome(event(1))).toEqual({ seq: 1, duplicate: false });
    expect(await outcome(event(2))).toEqual({ seq: 2, duplicate: false });
    expect(await state()).toEqual({ first: 1, last: 2, messages: 2, lastId: idOf(2) });
  });

  it.each([
    ['comes too early', event(3)],
    ['came before', event(1, { journal: 1 })],
    ['follows another one than is there', event(2, { follows: idOf(1, 1) })],
  ])('refuses an event that %s', async (_, message) => {
    await create();
    await publish(event(1));
    expect(await outcome(message)).toBe('refused');
    expect(await state()).toMatchObject({ last: 1, messages: 1 });
  });

  it('takes a window of which only the last one is acknowledged, in its order', async () => {
    await create();
    await fill(1, 20);
    expect(await state()).toMatchObject({ last: 20, messages: 20, lastId: idOf(20) });
  });

  it('refuses the rest of a window behind an event that was refused', async () => {
    await create();
    await publish(event(1));
    relay.copy.send(event(2, { expectedLast: 7 }));
    relay.copy.send(event(3, { follows: idOf(2) }));
    expect(await outcome(event(4, { follows: idOf(3) }))).toBe('refused');
    expect(await state()).toMatchObject({ last: 1, messages: 1 });
  });

  it('does not store an event twice that comes again at once, whoever sends it', async () => {
    await create();
    const other = await bus.join('another relay');
    const sent = [relay.copy.publish(event(1)), other.copy.publish(event(1))].map((one) => one.catch(() => undefined));
    await settled(Promise.all(sent));
    expect(await state()).toMatchObject({ last: 1, messages: 1 });
  });

  it('refuses an event that comes again later', async () => {
    await create();
    await publish(event(1));
    await publish(event(2));
    await afterTheWindow();
    expect(await outcome(event(1))).toBe('refused');
    expect(await outcome(event(2))).toBe('refused');
    expect(await state()).toMatchObject({ last: 2, messages: 2 });
  });

  it('shows by its count that it was purged, and takes nothing in its old place', async () => {
    await create();
    await fill(1, 5);
    await bus.purge();
    expect(await state()).toMatchObject({ first: 1, last: 5, messages: 0 });
    await afterTheWindow();
    expect(await outcome(event(1))).toBe('refused');
    expect(await outcome(event(6))).toEqual({ seq: 6, duplicate: false });
    expect(await state()).toMatchObject({ first: 1, last: 6, messages: 1 });
  });

  it('is filled again from its beginning once it was removed, at once and with the same ids', async () => {
    await create();
    await fill(1, 5);
    await settled(relay.copy.remove());
    expect(await state()).toBeUndefined();
    await create();
    await fill(1, 5);
    expect(await state()).toEqual({ first: 1, last: 5, messages: 5, lastId: idOf(5) });
  });

  it('gives its last numbers out again where it comes back from an older disk', async () => {
    await create();
    await fill(1, 3);
    const goBack = await bus.rememberDisk();
    await fill(4, 6);
    await goBack();
    expect(await state()).toEqual({ first: 1, last: 3, messages: 3, lastId: idOf(3) });
    expect(await outcome(event(7))).toBe('refused');
    await fill(4, 7);
    expect(await state()).toEqual({ first: 1, last: 7, messages: 7, lastId: idOf(7) });
  });

  it('is read from a position on, in order, what comes later included', async () => {
    await create();
    await fill(1, 5);
    const { heard, live } = await read(3);
    await fill(6, 8);
    await bus.until('it is heard', () => heard.includes(8));
    expect(heard).toEqual([3, 4, 5, 6, 7, 8]);
    live.stop();
  });

  it('is heard by a reader who is ahead of it once it comes to his place', async () => {
    await create();
    await fill(1, 3);
    const { heard, live } = await read(6);
    await fill(4, 8);
    await bus.until('it is heard', () => heard.includes(8));
    expect(heard.filter((position) => position >= 6)).toEqual([6, 7, 8]);
    expect(heard.every((position) => position > 3)).toBe(true);
    live.stop();
  });

  it('ends its readers when it is removed', async () => {
    await create();
    await fill(1, 2);
    const { heard, ended } = await read(1);
    await bus.until('it is heard', () => heard.length === 2);
    await settled(relay.copy.remove());
    await bus.until('it has ended', ended);
    expect(heard).toEqual([1, 2]);
  });

  it('ends its readers when it comes back from an older disk, and is read again from where they were', async () => {
    await create();
    await fill(1, 3);
    const goBack = await bus.rememberDisk();
    const { heard, ended } = await read(1);
    await fill(4, 6);
    await bus.until('it is heard', () => heard.includes(6));
    await goBack();
    await bus.until('it has ended', ended);
    await fill(4, 9);
    const again = await read(7);
    await bus.until('it is heard', () => again.heard.includes(9));
    expect(again.heard).toEqual([7, 8, 9]);
    again.live.stop();
  });
});
