import { describe, expect, it } from '@jest/globals';
import { readOptions, WrongUsage } from './options.js';

const NOW = 1_700_000_000;
const read = (...given: readonly string[]) => readOptions(given, NOW, 4);

describe('the command line of the simulation', () => {
  it('runs 1,000 seeds that nobody has run before, on every processor', () => {
    expect(read()).toEqual({ from: NOW, seeds: 1_000, workers: 4, verbose: false, controls: false });
  });

  it('runs just the seed that is named', () => {
    expect(read('--seed', '17', '--verbose')).toMatchObject({ from: 17, seeds: 1, verbose: true });
  });

  it('takes a guard out by its name', () => {
    expect(read('--without', 'fence', '--from', '1', '--seeds', '5')).toMatchObject({ without: 'fence', from: 1, seeds: 5 });
  });

  it.each([
    [['--seeds', 'many'], '--seeds takes a whole number from 1, not many'],
    [['--seed', '0'], '--seed takes a whole number from 1, not 0'],
    [['--workers', ''], '--workers takes a whole number from 1, not nothing'],
    [['--without', 'luck'], '--without takes version, fence, orders, inbox, group, functions'],
    [['--sedes', '5'], "Unknown option '--sedes'"],
    [['17'], "Unexpected argument '17'"],
  ])('says what is wrong with %j', (given, message) => {
    expect(() => read(...given)).toThrow(WrongUsage);
    expect(() => read(...given)).toThrow(message);
  });
});
