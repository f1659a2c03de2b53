import { describe, expect, it } from '@jest/globals';
import { chooseLoad } from './load-choice.js';

const KNOWN = ['storm', 'flood', 'soak'];

describe('the command line of the load', () => {
  it('means all scenarios but the soak, which takes an hour, when it names none', () => {
    expect(chooseLoad([], KNOWN)).toMatchObject({ names: ['storm', 'flood'] });
  });

  it('takes names, how long, how much, and where samples go', () => {
    const given = ['soak', '--minutes', '2.5', '--rate', '500', '--folder', '/tmp/there'];
    expect(chooseLoad(given, KNOWN)).toEqual({ names: ['soak'], minutes: 2.5, rate: 500, folder: '/tmp/there' });
  });

  it.each([['drought'], ['--minutes'], ['--minutes', '0'], ['--rate', 'much'], ['--folder'], ['--quick']])('refuses %s %s', (...given) => {
    expect(() => chooseLoad(given, KNOWN)).toThrow(RangeError);
  });
});
