import { describe, expect, it } from '@jest/globals';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aFolder } from '@vfleet/testing';
import { rotate } from './log-rotation.js';

describe('a log', () => {
  it('is put aside and emptied when it has grown to the limit, and not before', () => {
    const file = join(aFolder('logs'), 'service.log');
    appendFileSync(file, 'short');
    rotate(file, 10);
    expect(existsSync(`${file}.1`)).toBe(false);
    appendFileSync(file, ' and long');
    rotate(file, 10);
    expect([readFileSync(`${file}.1`, 'utf8'), readFileSync(file, 'utf8')]).toEqual(['short and long', '']);
  });

  it('that is not there is no fault', () => {
    expect(() => rotate(join(aFolder('logs'), 'none.log'))).not.toThrow();
  });
});
