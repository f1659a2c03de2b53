import { describe, expect, it } from '@jest/globals';
import { Blocks } from './blocks.js';

const kept = { steps: 1, events: 1, done: [] };
const broken = { ...kept, broken: { promise: 'I1', history: 'seed 60: I1' } };

describe('blocks of seeds', () => {
  it('are tests that passed where each of their seeds kept every promise', () => {
    const blocks = new Blocks(1, 100);
    for (let seed = 1; seed <= 100; seed += 1) blocks.add({ seed, ...kept });
    expect([blocks.passed, blocks.failed]).toEqual([2, 0]);
    expect(blocks.text).toBe('every promise was kept by the seeds from 1 to 100');
  });

  it('have failed where one of their seeds broke a promise, which is named', () => {
    const blocks = new Blocks(1, 100);
    for (let seed = 100; seed >= 1; seed -= 1) blocks.add({ seed, ...(seed === 60 || seed === 99 ? broken : kept) });
    expect([blocks.passed, blocks.failed]).toEqual([1, 1]);
    expect(blocks.text).toBe('of the seeds from 1 to 100 a promise was broken by 60, 99');
  });
});
