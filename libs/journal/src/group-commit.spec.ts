import { describe, expect, it } from '@jest/globals';
import { GroupCommit, QueueFull, type Settled } from './index.js';

const passing = (): Error => Object.assign(new Error('the server is starting up'), { code: '57P03' });
const echo = (jobs: readonly number[]): readonly Settled<number>[] => jobs.map((value) => ({ ok: true, value }));

describe('a group commit', () => {
  it('writes together what waits together, in the order in which it came', async () => {
    const batches: (readonly number[])[] = [];
    const line = new GroupCommit<number, number>({
      commit: (jobs) => {
        batches.push(jobs);
        return Promise.resolve(echo(jobs));
      },
      maxBatch: 4,
    });
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((job) => line.submit(job)));
    expect([answers, batches]).toEqual([
      [1, 2, 3, 4, 5, 6],
      [
        [1, 2, 3, 4],
        [5, 6],
      ],
    ]);
  });

  it('tries the same jobs again after a failure that passes', async () => {
    let attempts = 0;
    const told: unknown[] = [];
    const line = new GroupCommit<number, number>({
      commit: (jobs) => ((attempts += 1) < 3 ? Promise.reject(passing()) : Promise.resolve(echo(jobs))),
      onRetry: (error) => told.push((error as Error).message),
    });
    expect(await Promise.all([line.submit(1), line.submit(2)])).toEqual([1, 2]);
    expect([attempts, told]).toEqual([3, ['the server is starting up', 'the server is starting up']]);
  });

  it('begins the next batch with what the last one left', async () => {
    const batches: (readonly number[])[] = [];
    const line = new GroupCommit<number, number>({
      commit: (jobs) => {
        batches.push(jobs);
        return Promise.resolve(echo(jobs.slice(0, 2)));
      },
    });
    expect(await Promise.all([1, 2, 3].map((job) => line.submit(job)))).toEqual([1, 2, 3]);
    expect(batches).toEqual([[1, 2, 3], [3]]);
  });

  it('refuses every job of a batch that can never be written', async () => {
    const line = new GroupCommit<number, number>({ commit: () => Promise.reject(new Error('nonsense')) });
    await expect(line.submit(1)).rejects.toThrow('nonsense');
  });

  it('refuses what comes when too much is waiting', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const line = new GroupCommit<number, number>({ commit: (jobs) => gate.then(() => echo(jobs)), maxWaiting: 2, maxBatch: 1 });
    const first = line.submit(1);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    const waiting = [line.submit(2), line.submit(3)];
    await expect(line.submit(4)).rejects.toThrow(QueueFull);
    open();
    expect(await Promise.all([first, ...waiting])).toEqual([1, 2, 3]);
  });

  it('that drains ends what it has and takes nothing more', async () => {
    const line = new GroupCommit<number, number>({ commit: (jobs) => Promise.resolve(echo(jobs)) });
    const last = line.submit(1);
    await line.drain();
    expect(await last).toBe(1);
    await expect(line.submit(2)).rejects.toThrow(QueueFull);
  });
});

/** A line that decides ahead, and what happened to it: `+` decided, `w` begins to write, `.` forgotten, `c` the careful road. */
const anAheadLine = (broken: { write?: number; add?: number } = {}, maxBatch = 3) => {
  const log: string[] = [];
  let gate = Promise.resolve();
  const begin = () => {
    const jobs: number[] = [];
    return {
      add: (job: number): void => {
        if (job === broken.add) throw new Error('cannot be decided ahead');
        log.push(`+${job}`);
        jobs.push(job);
      },
      write: async () => {
        log.push(`w${jobs.join()}`);
        await gate;
        await new Promise(setImmediate);
        if (broken.write !== undefined && jobs.includes(broken.write)) throw passing();
        return echo(jobs);
      },
    };
  };
  const line = new GroupCommit<number, number>({
    commit: (jobs) => {
      log.push(`c${jobs.join()}`);
      broken = {};
      return Promise.resolve(echo(jobs));
    },
    ahead: { begin, forget: () => void log.push('.') },
    maxBatch,
  });
  return { line, log, hold: (until: Promise<void>): void => void (gate = until) };
};

describe('a group commit that decides ahead', () => {
  it('decides the next jobs while the last ones are written, and writes one batch at a time', async () => {
    const { line, log } = anAheadLine();
    expect(await Promise.all([1, 2, 3, 4, 5].map((job) => line.submit(job)))).toEqual([1, 2, 3, 4, 5]);
    expect(log).toEqual(['+1', '+2', '+3', 'w1,2,3', '+4', '+5', 'w4,5']);
  });

  it('takes in what comes while it writes', async () => {
    const { line, log, hold } = anAheadLine();
    let open = (): void => undefined;
    hold(new Promise<void>((resolve) => (open = resolve)));
    const first = line.submit(1);
    while (!log.includes('w1')) await new Promise(setImmediate);
    const second = line.submit(2);
    while (!log.includes('+2')) await new Promise(setImmediate);
    open();
    expect(await Promise.all([first, second])).toEqual([1, 2]);
    expect(log).toEqual(['+1', 'w1', '+2', 'w2']);
  });

  it('drops what it decided over a batch that was not written, and goes over all of it again in order', async () => {
    const { line, log } = anAheadLine({ write: 2 });
    expect(await Promise.all([1, 2, 3, 4, 5, 6, 7].map((job) => line.submit(job)))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(log.slice(0, 9)).toEqual(['+1', '+2', '+3', 'w1,2,3', '+4', '+5', '+6', '.', 'c1,2,3']);
    expect(log.slice(9)).toEqual(['+4', '+5', '+6', 'w4,5,6', '+7', 'w7']);
  });

  it('leaves a job to the careful road that cannot be decided ahead; what is being written stays written', async () => {
    const { line, log } = anAheadLine({ add: 5 });
    expect(await Promise.all([1, 2, 3, 4, 5, 6, 7].map((job) => line.submit(job)))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(log).toEqual(['+1', '+2', '+3', 'w1,2,3', '+4', '.', 'c4,5,6', '+7', 'w7']);
  });
});
