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
    expect(devices.flatMap(({ hostUse }) => hostUse.map(({ code }) => code)).sort()).toEqual(['boot-vga', 'bridge-port']);
  });

  it('is not taken for another one', () => {
    const ids = [...devices, ...devicesOf(2), ...devicesOf(300)].map(({ deviceId }) => deviceId);
    expect(new Set(ids).size).toBe(devices.length * 3);
    expect(devices.some(({ ambiguous }) => ambiguous)).toBe(false);
  });

  it('is the same one after a restart', () => {
    expect(devicesOf(1)).toEqual(devices);
  });
});
