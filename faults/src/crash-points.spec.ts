import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashPoints, pass, throughCrashPoints } from './crash-points.js';

const folder = mkdtempSync(join(tmpdir(), 'vfleet-crash-points-'));
afterAll(() => rmSync(folder, { recursive: true }));

const work = (): Promise<number> => Promise.resolve(7);

describe('a service that goes through crash points', () => {
  it('does its work, and is counted from the moment at which somebody wanted to know', async () => {
    const points = crashPoints({ folder });
    expect(await pass(points.file, work)).toBe(7);
    points.arm({ at: 0, when: 'before' });
    expect([points.count(), points.struck()]).toEqual([0, false]);
    await pass(points.file, work);
    await expect(pass(points.file, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect([points.count(), points.struck()]).toEqual([2, false]);
    points.arm({ at: 0, when: 'after' });
    await pass(points.file, work);
    expect(points.count()).toBe(1);
  });

  it('has its piece of work in the midst of what is put in its place', () => {
    const { find, replace } = throughCrashPoints({ file: '/points' }, 'main.js', 'await append(events);');
    expect([find, replace]).toEqual([
      'await append(events);',
      expect.stringMatching(/^await \(await import\(".*"\)\)\.pass\("\/points", \(\) => append\(events\)\);$/),
    ]);
  });
});
