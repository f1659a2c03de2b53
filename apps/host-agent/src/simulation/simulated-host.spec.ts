import { describe, expect, it } from '@jest/globals';
import { validate, DeviceObservation } from '@vfleet/contracts';
import { topologyOf, type DeviceObservation as Observation } from '@vfleet/pci';
import { applyLabels } from '../domain/labels.js';
import { observe } from '../domain/observe.js';
import { simulatedConfiguration, simulatedNames } from './simulated-configuration.js';
import { simulatedHost } from './simulated-host.js';

const devicesOf = (number: number): readonly Observation[] => {
  const { hostId, labels } = simulatedConfiguration(number, 'nats://127.0.0.1', '/tmp');
  return applyLabels(observe(hostId, simulatedHost(number).scan(), [], simulatedNames), labels).map(({ observation }) => observation);
};

describe('a simulated host', () => {
  const devices = devicesOf(1);

  it('has devices that are observations as the contract has them', () => {
    expect(devices.map((device) => validate(DeviceObservation, device, 'refuse')).filter(({ ok }) => !ok)).toEqual([]);
  });

  it('has eight VFs named 10GE, four in each physical network', () => {
    const vfs = devices.filter(({ name }) => name === '10GE');
    expect(vfs.map(({ functionType, physicalNetwork }) => `${functionType} ${physicalNetwork}`)).toEqual([
      ...Array(4).fill('vf physnet1'),
      ...Array(4).fill('vf physnet2'),
    ]);
    expect(new Set(vfs.map(({ iommuGroup }) => iommuGroup)).size).toBe(8);
  });

  it('has two GPUs, each with its audio function in one group', () => {
    const topology = topologyOf(new Map(devices.map((device) => [device.deviceId, device])));
    const gpus = devices.filter(({ name }) => name === 'GPU');
    expect(gpus.map((gpu) => topology.groupOf(gpu).map(({ class: code }) => code))).toEqual([
      ['030200', '040300'],
      ['030200', '040300'],
    ]);
  });

  it('needs its console and its own NIC itself', () => {
    const uses = Object.fromEntries(
      devices.flatMap(({ address, hostUse }) => (hostUse.length > 0 ? [[address, hostUse.map(({ code }) => code)]] : [])),
    );
    const disk = ['mounted', 'mounted', 'root-disk'];
    expect(uses).toEqual({
      '0000:00:1e.0': ['boot-vga'],
      '0000:03:00.0': ['bridge-port', 'default-route', 'management'],
      '0000:05:00.0': disk,
      '0:0:0:0': disk,
    });
  });

  it('has a tree: disks below their controller and their stick, accelerators below a switch', () => {
    const wayUp = (from: string): readonly string[] => {
      const device = devices.find(({ address }) => address === from);
      const parent = devices.find(({ deviceId }) => deviceId === device?.parentDeviceId);
      return parent ? [parent.address, ...wayUp(parent.address)] : [];
    };
    expect(wayUp('6:0:0:0')).toEqual(['2-1', '0000:00:14.0']);
    expect(wayUp('0:0:2:0')).toEqual(['0000:05:00.0', '0000:00:04.0']);
    expect(wayUp('0000:87:00.0')).toEqual(['0000:85:01.0', '0000:84:00.0', '0000:80:04.0']);
  });

  it('is not taken for another one', () => {
    const ids = [...devices, ...devicesOf(2), ...devicesOf(300)].map(({ deviceId }) => deviceId);
    expect(new Set(ids).size).toBe(devices.length * 3);
    expect(devices.some(({ ambiguous }) => ambiguous)).toBe(false);
  });

  it('is the same one after a restart', () => {
    expect(devicesOf(1)).toEqual(devices);
  });

  it('says that nothing has changed until its kernel has other virtual functions', () => {
    let vfs = 4;
    const host = simulatedHost(1, { numVfs: () => vfs });
    const before = host.scan();
    expect(host.scan()).toBe(before);
    vfs = 5;
    expect(host.scan().functions.length).toBe(before.functions.length + 2);
  });
});
