import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { serviceFlags } from './service-flags.js';

describe('how Node runs a service', () => {
  it('has no more threads than cores for collecting, and at least one beside the main one', () => {
    const threads = [1, 2, 4, 64].map((cores) => serviceFlags(cores).at(-1));
    expect(threads).toEqual(['--v8-pool-size=1', '--v8-pool-size=1', '--v8-pool-size=3', '--v8-pool-size=4']);
  });

  it('is understood by Node, also in NODE_OPTIONS', () => {
    const run = (args: readonly string[], options = '') =>
      spawnSync(process.execPath, [...args, '-e', '0'], { env: { NODE_OPTIONS: options } }).status;
    expect([run(serviceFlags()), run([], serviceFlags().join(' '))]).toEqual([0, 0]);
  });
});
