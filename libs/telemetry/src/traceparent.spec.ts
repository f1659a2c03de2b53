import { describe, expect, it } from '@jest/globals';
import { currentTraceparent, inTrace, parentOf, traceIdOf } from './traceparent.js';

const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

describe('a trace context from outside', () => {
  it('is taken as W3C says it, the nearest first', () => {
    expect(parentOf(TRACE, undefined)).toBe(TRACE);
    expect(parentOf(undefined, TRACE)).toBe(TRACE);
    expect(traceIdOf(TRACE)).toBe('a'.repeat(32));
  });

  it.each([
    '',
    'nonsense',
    TRACE.toUpperCase(),
    `${TRACE}\r\nVfleet-Admin: yes`,
    `ff${TRACE.slice(2)}`,
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
    `${TRACE}-more`,
  ])('is as if it were not there when it is %j', (told) => {
    expect(parentOf(told)).toBeUndefined();
    expect(traceIdOf(told)).toBeUndefined();
  });
});

describe('what is done in a trace', () => {
  it('knows it in all that comes of it, and nothing beside it does', async () => {
    const inside = inTrace(TRACE, async () => {
      await Promise.resolve();
      return currentTraceparent();
    });
    expect(currentTraceparent()).toBeUndefined();
    expect(await inside).toBe(TRACE);
    expect(inTrace(undefined, currentTraceparent)).toBeUndefined();
  });
});
