import { describe, expect, it } from '@jest/globals';
import { vfleetProgram } from '../program.js';
import { NO_PAINT } from '../render/paint.js';
import { complete } from './complete.js';

const program = vfleetProgram({
  out: () => undefined,
  note: () => undefined,
  paint: NO_PAINT,
  environment: {},
  stopped: new AbortController().signal,
});
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  hostId: ['h1', 'h2'],
  hostIds: ['h1', 'h2'],
  vmId: ['vm-1'],
  device: ['h1/', 'h2/'],
  models: ['A100', '$(reboot)', 'a b', '`x`', 'x;y', "x'y", '\u001b[2J'],
  context: ['prod'],
  migrationId: ['m1'],
};
const offered = (...words: string[]): Promise<readonly string[]> => complete(program, words, async (what) => KNOWN[what] ?? []);

describe('completion', () => {
  it.each<[string[], string[]]>([
    [['ho'], ['hosts']],
    [['hosts', 'p'], ['probe']],
    [
      ['hosts', 'probe', 'h1', 'h'],
      ['h1', 'h2'],
    ],
    [['hosts', 'show', 'h1', ''], []],
    [['-o', 'json', 'hosts', 'sh'], ['show']],
    [['-o', 'y'], ['yaml']],
    [['hosts', 'ls', '--state', 'dr'], ['draining']],
    [
      ['devices', 'ls', '--host', ''],
      ['h1', 'h2'],
    ],
    [['devices', 'ls', '--host', 'h1', '--vm', ''], ['vm-1']],
    [['devices', 'ls', '--eligible', '--out'], ['--output']],
    [
      ['devices', 'show', ''],
      ['h1/', 'h2/'],
    ],
    [['migrations', 'show', ''], ['m1']],
    [['--context', 'p'], ['prod']],
    [['context', 'use', ''], ['prod']],
    [['migrate', '--to', 'h2', ''], ['vm-1']],
    [
      ['completion', ''],
      ['bash', 'fish', 'zsh'],
    ],
    [['nonsense', ''], []],
  ])('after %j offers %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it('offers nothing that a shell would expand, split or run', async () => {
    expect(await offered('models', 'show', '')).toEqual(['A100']);
  });
});
