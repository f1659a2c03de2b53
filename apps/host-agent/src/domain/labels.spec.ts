import { describe, expect, it } from '@jest/globals';
import type { DeviceObservation } from '@vfleet/pci';
import { parseDeviceRules } from '../configuration/device-rules.js';
import type { PciFunction } from './hardware.js';
import { applyLabels } from './labels.js';
import { observe } from './observe.js';
import { address, aFunction, aPort, aScan, NAMELESS } from './testing.js';

const PF = aFunction({ totalVfs: 7, net: [{ ...aPort('52:54:00:00:00:01'), ifname: 'ens1f0' }] });
const vf = (index: number): PciFunction => aFunction({ address: `01:10.${index}`, productId: '10ca', vfOf: { pf: PF.address, index } });
const MACHINE = [PF, vf(0), vf(1)];

const label = (devices: unknown, names?: ReadonlyMap<string, string>): readonly DeviceObservation[] => {
  const rules = parseDeviceRules(devices, (path, message) => {
    throw new Error(`${path.join('.')} ${message}`);
  });
  return applyLabels(observe('h1', aScan(MACHINE), [], NAMELESS), { rules, ...(names && { names }) }).map(({ observation }) => observation);
};

describe('what an operator says of devices', () => {
  it('reaches the devices of an address, a glob, or a match', () => {
    const devices = label([
      { address: '01:00.0', name: 'port' },
      { address: '01:10.*', match: { pf: 'ens1f0#1' }, name: 'last' },
      { match: { functionType: 'vf' }, name: '10GE', tags: { rack: 'b4' } },
    ]);
    expect(devices.map(({ name }) => name)).toEqual(['port', '10GE', 'last']);
    expect(devices[1]?.tags).toEqual({ rack: 'b4' });
  });

  it('counts the first entry that selects a device [sriovdp-22]', () => {
    expect(
      label([
        { address: '*:01:*.*', name: 'first' },
        { address: '01:10.0', name: 'second' },
      ]).map(({ name }) => name),
    ).toEqual(['first', 'first', 'first']);
  });

  it('of a PF’s network is true of its VFs', () => {
    expect(label([{ address: '01:00.0', physicalNetwork: 'physnet1' }]).map(({ physicalNetwork }) => physicalNetwork)).toEqual([
      'physnet1',
      'physnet1',
      'physnet1',
    ]);
  });

  it('tells which devices can move with their VM, and nothing of those of which nobody says it', () => {
    const devices = label([
      { address: '01:10.0', liveMigratable: true },
      { match: { functionType: 'pf' }, liveMigratable: false },
    ]);
    expect(devices.map(({ liveMigratable }) => liveMigratable)).toEqual([false, true, undefined]);
    expect(devices.map((device) => 'liveMigratable' in device)).toEqual([true, true, false]);
  });

  it('keeps a device for the host', () => {
    expect(label([{ address: '01:10.1', exclude: true }]).map(({ hostUse }) => hostUse.map(({ code }) => code))).toEqual([[], [], ['excluded']]);
  });

  it('gives no names when a properties file does', () => {
    const devices = label([{ match: { all: true }, name: 'x', tags: { a: 'b' } }], new Map([[address('01:10.0') as string, '10GE']]));
    expect(devices.map(({ name, tags }) => [name, tags['a']])).toEqual([
      [undefined, 'b'],
      ['10GE', 'b'],
      [undefined, 'b'],
    ]);
  });
});
