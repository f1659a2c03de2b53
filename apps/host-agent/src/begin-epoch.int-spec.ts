import { describe, expect, it } from '@jest/globals';
import { aFolder } from '@vfleet/testing';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { beginEpoch } from './begin-epoch.js';

const silent = pino({ level: 'silent' });
/** Of a start in the year 2100. */
const FAR_AHEAD = '03bb2cc3-d800-7000-8000-000000000000';

describe('a start of an agent', () => {
  it('is later than the one before, also where that was made by a clock that was ahead', () => {
    const path = join(aFolder('epoch'), 'agent-h1.epoch');
    const first = beginEpoch(path, 'h1', silent);
    expect(beginEpoch(path, 'h1', silent) > first).toBe(true);
    writeFileSync(path, FAR_AHEAD);
    const next = beginEpoch(path, 'h1', silent);
    expect(next > FAR_AHEAD).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe(next);
  });

  it.each(['', 'no name of a start', '{"epoch":1}'])('goes by the clock alone where what was kept is "%s"', (kept) => {
    const path = join(aFolder('epoch'), 'agent-h1.epoch');
    writeFileSync(path, kept);
    expect(beginEpoch(path, 'h1', silent) < FAR_AHEAD).toBe(true);
  });

  it('goes on where nothing can be kept, and says so', () => {
    const folder = join(aFolder('epoch'), 'agent-h1.epoch');
    mkdirSync(folder);
    const said: string[] = [];
    const epoch = beginEpoch(folder, 'h1', pino({}, { write: (line: string) => void said.push(line) }));
    expect(epoch).toMatch(/^[0-9a-f-]{36}$/);
    expect(said.join('')).toContain('not written down');
  });
});
