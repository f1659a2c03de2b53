import { describe, expect, it } from '@jest/globals';
import { progressOf } from './progress.js';
import { NO_PAINT } from './render/paint.js';
import type { Terminal } from './terminal.js';

const told = (isScreen: boolean, total: number, counts: readonly number[]): string => {
  let text = '';
  const screen = { rows: () => 24, columns: () => 80 };
  const terminal: Terminal = {
    out: () => undefined,
    note: (more) => void (text += more),
    paint: NO_PAINT,
    environment: {},
    stopped: new AbortController().signal,
    ...(isScreen && { noteScreen: screen }),
  };
  const progress = progressOf(terminal, 'hosts', total);
  for (const count of counts) progress.reached(count);
  progress.end();
  return text;
};

describe('progress', () => {
  it('is a bar in place on a screen, and goes away', () => {
    expect(told(true, 4, [1, 4])).toBe(
      `\r\u001b[2K[########----------------------] 1 of 4 hosts\r\u001b[2K[${'#'.repeat(30)}] 4 of 4 hosts\r\u001b[2K`,
    );
  });

  it('is a line each tenth elsewhere, without control characters', () => {
    expect(told(false, 1_000, [50, 100, 150, 210, 999, 1_000])).toBe('100 of 1000 hosts\n210 of 1000 hosts\n999 of 1000 hosts\n1000 of 1000 hosts\n');
  });

  it('is nothing for what is done at once', () => {
    expect(told(true, 1, [1]) + told(false, 0, [])).toBe('');
  });
});
