import { setImmediate as nextTurn } from 'node:timers/promises';
import { ask } from '@vfleet/service-kit';
import { Bus } from '../bus/bus.js';
import { copyOf, liveOf } from '../bus/event-copy.js';
import { consumeFacts } from '../bus/facts-consumer.js';
import { Link } from '../bus/link.js';
import { randomOf } from '../random.js';
import { underVirtualTime } from '../time/virtual-time.js';
import { World } from '../time/world.js';
import { Hopeless, type Buses, type BusUnderTest, type Member } from './bus-under-test.js';

/** Nothing that the specs wait for takes more steps. */
const MOST_STEPS = 100_000;

const join = (bus: Bus, name: string): Member => {
  const life = bus.world.begin(name);
  const link = new Link();
  const nats = bus.connectionOf(life, link);
  return {
    copy: copyOf(bus, life),
    live: liveOf(bus, life),
    publishFact: (subject, data, msgId) => bus.publishFact(life, link, subject, data, msgId),
    takeFacts: async ({ durable = 'spec', owner, handle, bury = async () => undefined }) =>
      consumeFacts({
        bus,
        life,
        durable,
        generation: owner,
        decode: ({ payload }) => JSON.parse(new TextDecoder().decode(payload)) as never,
        handle,
        isHopeless: (error) => error instanceof Hopeless,
        deadLetter: bury,
      }),
    serve: async (queue, subject, answer) => bus.serve(life, link, subject, answer, queue),
    ask: (subject, body, withinMs) => ask(nats, subject, body, withinMs),
    cut: () => link.cut(),
    stall: () => link.stall(),
    heal: async () => link.mend(),
    end: () => life.end(),
    forgotten: async () => undefined,
  };
};

const open = (): BusUnderTest => {
  const world = new World(randomOf(1), Date.now());
  const bus = new Bus(world);
  const restore = underVirtualTime(world);
  const goOn = async (what: string, isEnough: () => boolean | Promise<boolean>): Promise<void> => {
    for (let step = 0; ; step += 1) {
      // What is done without waiting is done before time goes on.
      await nextTurn();
      if (await isEnough()) return;
      if (step > MOST_STEPS || !(await world.step(Number.POSITIVE_INFINITY))) throw new Error(`${what}: nothing more happens`);
    }
  };
  const settle = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false;
    const over = (): void => void (isOver = true);
    work.then(over, over);
    await goOn('what was begun', () => isOver);
    return work;
  };
  const unacknowledged = (durable: string, owner: number): number | undefined => {
    const consumer = bus.consumersOf(durable).find(({ generation }) => generation === owner);
    return consumer && bus.inbound.from(1).filter(({ sequence }) => !consumer.isDone(sequence)).length;
  };
  return {
    join: async (name) => join(bus, name),
    settle,
    see: async (look) => {
      // What is done without waiting is done before time goes on.
      do await nextTurn();
      while (await world.step(Number.POSITIVE_INFINITY));
      return settle(look());
    },
    until: goOn,
    acknowledged: (owner, but) => goOn('they are acknowledged', () => unacknowledged('spec', owner) === but),
    rememberDisk: async () => {
      const { last } = bus.events;
      // The server is stopped for it.
      bus.events.truncate(0);
      return async () => bus.events.truncate(bus.events.last - last);
    },
    purge: async (stream = 'events') => (stream === 'events' ? bus.events : bus.inbound).purge(),
    factsState: async () => (bus.inbound.exists ? { last: bus.inbound.last, messages: bus.inbound.messages } : undefined),
    unacknowledged: async (durable, owner) => unacknowledged(durable, owner),
    deleteConsumer: async (durable, owner) => bus.deleteConsumer(durable, owner),
    deleteFacts: async () => bus.deleteFacts(),
    close: async () => restore(),
  };
};

/** The bus in memory, which stands for NATS in the simulation. */
export const simulatedBuses: Buses = {
  name: 'the bus of the simulation',
  start: async () => undefined,
  open: async () => open(),
  stop: async () => undefined,
};
