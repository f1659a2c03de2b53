import type { CloudEvent } from '@vfleet/contracts';
import { fromCloudEvent } from '@vfleet/contracts';
import type { CopiedMessage, CopyState, LiveEvents, RecordedEvent, StreamCopy } from '@vfleet/journal';
import type { Life } from '../time/life.js';
import type { Bus } from './bus.js';
import type { Kept, Stored } from './stream.js';

/** The copy of the journal, as a relay of this life writes it. */
export const copyOf = (bus: Bus, life: Life): StreamCopy => {
  const { world, events } = bus;
  const state = (): CopyState => ({ first: events.first, last: events.last, messages: events.messages });
  const there = <T>(work: () => T): Promise<T> =>
    new Promise(
      (resolve, reject) =>
        void world.after(bus.latency(), undefined, () => {
          try {
            const result = work();
            world.after(bus.latency(), life, () => resolve(result));
          } catch (error) {
            world.after(bus.latency(), life, () => reject(error));
          }
        }),
    );
  // One connection keeps the order of what is sent over it.
  let sentUntil = 0;
  const inOrder = (work: () => void): void => {
    sentUntil = Math.max(sentUntil, world.now + bus.latency(), life.heldUpUntil.copy);
    world.after(sentUntil - world.now, undefined, work);
  };
  const store = ({ subject, payload, id, expectedLast, follows }: CopiedMessage): Stored => {
    if (!events.exists) throw new Error('no stream');
    return events.append(subject, payload, id, world.now, { last: expectedLast, lastId: follows });
  };
  return {
    name: 'VFLEET_EVT',
    canBeginLate: true,
    state: () => there(() => (events.exists ? { ...state(), lastId: events.get(events.last)?.msgId } : undefined)),
    create: (first) => there(() => (events.exists || events.create(first), state())),
    remove: () =>
      there(() => {
        if (!events.exists) throw new Error('no stream');
        events.wipe();
      }),
    send: (message) =>
      inOrder(() => {
        try {
          store(message);
        } catch {
          // Nobody waits for its acknowledgement.
        }
      }),
    publish: (message) =>
      new Promise((resolve, reject) =>
        inOrder(() => {
          try {
            const { sequence: seq, duplicate } = store(message);
            world.after(bus.latency(), life, () => resolve({ seq, duplicate }));
          } catch (error) {
            world.after(bus.latency(), life, () => reject(error));
          }
        }),
      ),
  };
};

/** The copy as a reader of this life hears it. */
export const liveOf = (bus: Bus, life: Life): LiveEvents => {
  const { events, world } = bus;
  return async (from) => {
    if (!events.exists) throw new Error('no stream');
    // Who is ahead of it hears what comes next, from before his place as well.
    const first = Math.min(from, events.last + 1);
    const queue: Kept[] = [...events.from(first)];
    let wake: (() => void) | undefined;
    let ended = false;
    let lost = false;
    const wakeSoon = (): void => void world.after(bus.latency(), life, () => wake?.());
    const hear = (message: Kept): void => {
      if (message.sequence < first) return;
      queue.push(message);
      wakeSoon();
    };
    const end = events.follow(hear, () => {
      lost = true;
      wakeSoon();
    });
    life.onEnd(end);
    const iterate = async function* (): AsyncGenerator<RecordedEvent> {
      while (!ended) {
        if (lost) throw new Error('the stream is away');
        const next = queue.shift();
        if (next) yield fromCloudEvent(JSON.parse(next.payload) as CloudEvent);
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    };
    return {
      events: iterate(),
      stop: () => {
        ended = true;
        end();
        wake?.();
      },
    };
  };
};
