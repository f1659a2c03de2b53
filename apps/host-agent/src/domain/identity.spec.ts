import { describe, expect, it } from '@jest/globals';
import type { PciFunction } from './hardware.js';
import { identify as identifyTraits, remember as rememberTraits, type Identified, type Remembered } from './identity.js';
import { address, aFunction, aPort } from './testing.js';
import { traitsOf } from './traits.js';

const identify = (functions: readonly PciFunction[], remembered: readonly Remembered[]): ReadonlyMap<string, Identified> =>
  identifyTraits(functions.map(traitsOf), remembered);
const remember = (one: PciFunction, identity: string, before?: Remembered): Remembered => rememberTraits(traitsOf(one), identity, before);
const identityOf = (one: PciFunction, remembered: readonly Remembered[] = []): string | undefined =>
  identify([one], remembered).get(one.address)?.identity;
/** What is remembered of a function after it was seen alone. */
const seen = (one: PciFunction): Remembered => remember(one, identityOf(one) as string);

const SERIAL = '52-54-00-ff-ff-10-00-05';
const [MAC, OTHER_MAC] = ['52:54:00:10:00:01', '52:54:00:10:00:02'];

describe('the identity of a function', () => {
  it('is its serial within vendor and product, with its function number', () => {
    const port = aFunction({ serial: SERIAL, address: '01:00.1', functionNumber: 1, net: [aPort(MAC)] });
    expect(identityOf(port)).toBe(`serial:pci:8086:10c9:${SERIAL}:1`);
  });

  it('is its permanent MAC where it has no serial', () => {
    expect(identityOf(aFunction({ net: [aPort(MAC)] }))).toBe(`mac:${MAC}`);
  });

  it('is its way down from the root bridge where it has neither', () => {
    expect(identityOf(aFunction())).toBe('path:0000/#0/03.0/00.0|8086:10c9:-:-');
  });

  it('does not change with bus numbers', () => {
    expect(identityOf(aFunction({ address: '05:00.0' }))).toBe(identityOf(aFunction({ address: '01:00.0' })));
  });

  it('of a VF is that of its PF, and the index', () => {
    const pf = aFunction({ serial: SERIAL, totalVfs: 7 });
    const vf = aFunction({ address: '01:10.2', vfOf: { pf: pf.address, index: 1 }, net: [aPort(OTHER_MAC)] });
    expect(identify([pf, vf], []).get(vf.address)).toEqual({ identity: `vf:serial:pci:8086:10c9:${SERIAL}:0#1`, ambiguous: false });
  });

  it('that two share is nobody’s: both are ambiguous, and their VFs', () => {
    const [one, two] = [aFunction({ serial: SERIAL }), aFunction({ serial: SERIAL, address: '02:00.0', bridges: [address('00:04.0')] })];
    const vf = aFunction({ address: '01:10.0', vfOf: { pf: one.address, index: 0 } });
    const other = aFunction({ address: '03:00.0', bridges: [address('00:05.0')] });
    expect([...identify([one, two, vf, other], []).values()]).toEqual([
      { identity: 'address:0000:01:00.0', ambiguous: true },
      { identity: 'address:0000:02:00.0', ambiguous: true },
      { identity: 'path:0000/#0/05.0/00.0|8086:10c9:-:-', ambiguous: false },
      { identity: 'address:0000:01:10.0', ambiguous: true },
    ]);
  });

  it('is clear again when its twin has gone', () => {
    expect(
      identityOf(aFunction({ serial: SERIAL }), [{ identity: 'address:0000:01:00.0', macs: [], path: 'path:0000/#0/03.0/00.0|8086:10c9:-:-' }]),
    ).toBe(`serial:pci:8086:10c9:${SERIAL}:0`);
  });
});

describe('a device that was seen before', () => {
  it('keeps its identity when a driver hides its MAC', () => {
    expect(identityOf(aFunction({ driver: 'vfio-pci' }), [seen(aFunction({ net: [aPort(MAC)] }))])).toBe(`mac:${MAC}`);
  });

  it('keeps its identity when its serial comes to light', () => {
    expect(identityOf(aFunction({ serial: SERIAL }), [seen(aFunction())])).toBe(identityOf(aFunction()));
  });

  it('is another one when its serial is another', () => {
    expect(identityOf(aFunction({ serial: '01-02' }), [seen(aFunction({ serial: SERIAL }))])).toBe('serial:pci:8086:10c9:01-02:0');
  });

  it('is another one when its permanent MAC is another, though it is of the same make and at the same place', () => {
    expect(identityOf(aFunction({ net: [aPort(OTHER_MAC)] }), [seen(aFunction({ net: [aPort(MAC)] }))])).toBe(`mac:${OTHER_MAC}`);
  });

  it('is another one when its ids are others', () => {
    expect(identityOf(aFunction({ productId: '1521' }), [seen(aFunction({ net: [aPort(MAC)] }))])).toBe('path:0000/#0/03.0/00.0|8086:1521:-:-');
  });

  it('is recognised by its serial in another slot', () => {
    const moved = aFunction({ serial: SERIAL, address: '09:00.0', bridges: [address('00:09.0')] });
    expect(identityOf(moved, [{ ...seen(aFunction({ serial: SERIAL })), identity: 'mac:kept' }])).toBe('mac:kept');
  });

  it('is recognised by its MAC in another slot, and not by its old place', () => {
    const remembered = [remember(aFunction({ net: [aPort(MAC)] }), 'path:kept')];
    const moved = aFunction({ net: [aPort(MAC)], address: '02:00.0', bridges: [address('00:04.0')] });
    const newcomer = aFunction({ net: [aPort(OTHER_MAC)] });
    const identities = identify([newcomer, moved], remembered);
    expect(identities.get(moved.address)?.identity).toBe('path:kept');
    expect(identities.get(newcomer.address)?.identity).toBe(`mac:${OTHER_MAC}`);
  });

  it('gives its identity to one device only', () => {
    const both = remember(aFunction({ net: [aPort(MAC), aPort(OTHER_MAC)] }), 'path:kept');
    const halves = [aFunction({ net: [aPort(MAC)] }), aFunction({ net: [aPort(OTHER_MAC)], address: '01:00.1' })];
    expect([...identify(halves, [both]).values()].map(({ identity }) => identity)).toEqual(['path:kept', `mac:${OTHER_MAC}`]);
  });

  it('that shares its MAC with another one’s past stays with the device at its place, in whatever order they are looked at', () => {
    const [here, there] = [aFunction({ net: [aPort(MAC)] }), aFunction({ address: '02:00.0', bridges: [address('00:04.0')] })];
    const [first, second] = [remember(here, 'serial:pci:8086:10c9:bb:0'), remember({ ...there, net: [aPort(MAC)] }, `mac:${MAC}`)];
    for (const remembered of [
      [first, second],
      [second, first],
    ])
      expect([...identify([there, here], remembered)].map(([at, { identity }]) => [at, identity])).toEqual([
        [there.address, `mac:${MAC}`],
        [here.address, first.identity],
      ]);
  });

  it('gives up a name that is another’s own', () => {
    const before = seen(aFunction({ net: [aPort(MAC)] }));
    const [known, other] = [
      aFunction({ serial: SERIAL, net: [aPort(MAC)] }),
      aFunction({ net: [aPort(MAC)], address: '02:00.0', bridges: [address('00:04.0')] }),
    ];
    expect([...identify([known, other], [before]).values()].map(({ identity }) => identity)).toEqual([
      `serial:pci:8086:10c9:${SERIAL}:0`,
      `mac:${MAC}`,
    ]);
  });

  it('remembers what a driver hides now', () => {
    const before = seen(aFunction({ net: [aPort(MAC)], serial: SERIAL }));
    expect(remember(aFunction(), before.identity, before)).toEqual(before);
  });
});
