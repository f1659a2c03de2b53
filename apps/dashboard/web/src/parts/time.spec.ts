import { describe, expect, it } from '@jest/globals';
import { sayDuration } from './time.js';

describe('a length of time', () => {
  it('is said in its two largest units', () => {
    expect([0, 12.4, 1_250, 59_600, 200_000, 90_061_000].map(sayDuration)).toEqual(['0 ms', '12 ms', '1.3 s', '1 min', '3 min 20 s', '1 d 1 h']);
  });
});
