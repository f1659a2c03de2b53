import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { canonicalAddressGlob, isAddressGlob, matchesAddressGlob } from './glob.js';

describe('an address glob', () => {
  it.each([
    ['0000:28:00.*', '0000:28:00.1'],
    ['0000:28:*.*', '0000:28:1f.7'],
    ['*:28:00.?', '10000:28:00.3'],
    ['0000:2*:00.0', '0000:28:00.0'],
    ['0000:28:0*.*', '0000:28:02.5'],
    ['1-*', '1-10'],
    ['*:0:*:0', '12:0:3:0'],
    ['0000:28:00.1', '0000:28:00.1'],
    ['0000:2**8:00.1', '0000:28:00.1'],
  ])('%s means %s', (glob, address) => {
    expect(matchesAddressGlob(glob, address)).toBe(true);
  });

  it.each([
    ['0000:28:00.1', '0000:28:00.12', 'is anchored at its end'],
    ['28:00.1', '0000:28:00.1', 'is anchored at its start'],
    ['0000:*.0', '0000:28:00.0', 'does not let * cross a colon'],
    ['1-*', '1-1.4', 'does not let * cross a dot'],
    ['0000:28:00?1', '0000:28:00.1', 'does not let ? stand for a separator'],
    ['0000:28:00.?', '0000:28:00.', 'wants one character for each ?'],
    ['', '0000:28:00.1', 'means nothing when it is empty'],
  ])('%s is not %s: it %s', (glob, address) => {
    expect(matchesAddressGlob(glob, address)).toBe(false);
  });

  it('says the same as a regular expression made of it', () => {
    const piece = fc.constantFrom('0', '1', 'a', '*', '?', ':', '.', '-');
    const text = fc.array(fc.constantFrom('0', '1', 'a', ':', '.', '-'), { maxLength: 9 }).map((parts) => parts.join(''));
    const glob = fc.array(piece, { maxLength: 9 }).map((parts) => parts.join(''));
    const expected = (g: string): RegExp => new RegExp(`^${g.replaceAll('.', '\\.').replaceAll('*', '[^:.-]*').replaceAll('?', '[^:.-]')}$`);
    fc.assert(
      fc.property(glob, text, (g, t) => {
        expect(matchesAddressGlob(g, t)).toBe(expected(g).test(t));
      }),
      { numRuns: 20_000 },
    );
  });

  it('stays cheap with 64 KiB of stars and of text', () => {
    const stars = '*a'.repeat(32 * 1024);
    const text = 'a'.repeat(64 * 1024);
    let looked = 0;
    const counted = (value: string): string =>
      new Proxy(Object(value) as object, {
        get: (target, key) => {
          if (typeof key === 'string' && /^\d+$/.test(key)) looked += 1;
          return Reflect.get(target, key) as unknown;
        },
      }) as unknown as string;
    expect(matchesAddressGlob(counted(`${stars}b`), counted(text))).toBe(false);
    expect(matchesAddressGlob(counted(`${stars.slice(0, 63)}b`), counted(text.slice(0, 64)))).toBe(false);
    expect(looked).toBeLessThan(64 * 64 * 8);
  });

  it('is at most 64 characters of hex digits, separators, * and ?', () => {
    expect(isAddressGlob('0000:2?:*.1')).toBe(true);
    expect(isAddressGlob('4b20d080-1b54-4048-85b3-a6a62d165c01')).toBe(true);
    expect(isAddressGlob('')).toBe(false);
    expect(isAddressGlob('[0-9]:00.0')).toBe(false);
    expect(isAddressGlob('0'.repeat(65))).toBe(false);
    expect(isAddressGlob('*'.repeat(64 * 1024))).toBe(false);
  });

  it.each(['0000:0a:00.8', '0000:0a:20.0', ':0a:00.', '0a:00.', '0000::00.0', '1-'])('%s can mean no address', (glob) => {
    expect(isAddressGlob(glob)).toBe(false);
  });

  it.each(['0000:0a:1f.7', '10000:00:04.0', '*:*:*.*', '*:1?.*', '28:0*', '1-2.4', '2-1.*', '0:0:*:0', '*', '???'])('%s can', (glob) => {
    expect(isAddressGlob(glob)).toBe(true);
  });

  it('gets the domain 0000 where it has none, as an address does', () => {
    expect(canonicalAddressGlob('28:00.*')).toBe('0000:28:00.*');
    expect(canonicalAddressGlob('AF:0?.1')).toBe('0000:af:0?.1');
    expect(canonicalAddressGlob('*:28:00.*')).toBe('*:28:00.*');
    expect(canonicalAddressGlob('1-2.*')).toBe('1-2.*');
  });
});
