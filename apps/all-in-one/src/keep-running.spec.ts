import { describe, expect, it } from '@jest/globals';
import { keepRunning, type Restartable } from './keep-running.js';

/** Something that ends when it is told to and counts its starts. */
const aThing = (fails = 0) => {
  let end: () => void = () => undefined;
  let failures = fails;
  let started: () => void = () => undefined;
  const thing = {
    pid: 1,
    ended: new Promise<void>((resolve) => (end = resolve)),
    restart: async () => {
      if (failures-- > 0) throw new Error('not yet');
      thing.pid += 1;
      thing.ended = new Promise<void>((resolve) => (end = resolve));
      started();
    },
    stop: async () => end(),
  } satisfies Restartable;
  return { thing, end: () => end(), nextStart: () => new Promise<void>((resolve) => (started = resolve)) };
};

describe('a thing that is kept running', () => {
  it('is started again when it ends', async () => {
    const { thing, end, nextStart } = aThing();
    const kept = keepRunning('thing', thing, () => undefined);
    const again = nextStart();
    end();
    await again;
    expect(kept).toMatchObject({ name: 'thing' });
    expect([kept.restarts(), thing.pid]).toEqual([1, 2]);
    await kept.stop();
  });

  it('is tried again after a start that failed, and says why', async () => {
    const { thing, end, nextStart } = aThing(1);
    const said: string[] = [];
    const kept = keepRunning('thing', thing, (message) => said.push(message));
    const again = nextStart();
    end();
    await again;
    expect(said).toEqual(expect.arrayContaining(['thing has ended and is started again', 'not yet']));
    expect(kept.restarts()).toBe(2);
    await kept.stop();
  });

  it('stays ended once it is stopped, even in the pause before its next start', async () => {
    const { thing, end } = aThing();
    const told = new Promise<string>((resolve) => {
      const kept = keepRunning('thing', thing, (message) => void kept.stop().then(() => resolve(message)));
    });
    end();
    await told;
    expect(thing.pid).toBe(1);
  });

  it('is stopped as well when it is told to stop in the middle of a start', async () => {
    const { thing, end } = aThing();
    const { restart } = thing;
    let stops = 0;
    const over = new Promise<void>((resolve) => {
      thing.stop = async () => {
        stops += 1;
        end();
      };
      const kept = keepRunning('thing', thing, () => undefined);
      thing.restart = async () => {
        void kept.stop().then(resolve);
        await restart();
      };
    });
    end();
    await over;
    expect([thing.pid, stops]).toEqual([2, 2]);
  });
});
