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
    takeFacts: async ({ owner, handle, bury = async () => undefined }) =>
      consumeFacts({
        bus,
        life,
        durable: 'spec',
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
  return {
    join: async (name) => join(bus, name),
    settle: async (work) => {
      let isOver = false;
      const over = (): void => void (isOver = true);
      work.then(over, over);
      await goOn('what was begun', () => isOver);
      return work;
    },
    until: goOn,
    acknowledged: (owner, but) => goOn('they are acknowledged', () => bus.acknowledged.get(`spec ${owner}`)?.size === bus.inbound.last - but),
    rememberDisk: async () => {
      const { last } = bus.events;
      return async () => bus.events.truncate(bus.events.last - last);
    },
    purge: async () => bus.events.purge(),
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
