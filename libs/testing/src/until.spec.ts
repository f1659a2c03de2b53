import { describe, expect, it } from '@jest/globals';
import { until } from './until.js';

const never = new Promise<never>(() => undefined);

describe('waiting until something is there', () => {
  it('answers what was there at last', async () => {
    const answers = [undefined, false, null, 'there'];
    expect(await until('an answer', () => answers.shift())).toBe('there');
  });

  it('takes a look that fails for not yet', async () => {
    let looks = 0;
    const look = (): number => {
      looks += 1;
      if (looks < 3) throw new Error('away');
      return looks;
    };
    expect(await until('the third look', look)).toBe(3);
  });

  it('ends with what was waited for, as it is then, and with the last failure', async () => {
    const look = (): never => {
      throw new Error('away');
    };
    const waiting = until(() => 'a server to answer', look, 20);
    await expect(waiting).rejects.toMatchObject({ message: 'a server to answer: not within 0.02 s', cause: new Error('away') });
  });

  it('ends where a look is never answered', async () => {
    const waiting = until('a reader to be given something', () => never, 20);
    await expect(waiting).rejects.toMatchObject({ message: 'a reader to be given something: not within 0.02 s' });
  });
});
