import { describe, expect, it } from '@jest/globals';
import { deviceIdOf, hostFactSubject, type Fact } from '@vfleet/contracts';
import { decodeFact } from './decode-fact.js';

const common = { hostId: 'h1', epoch: '019aa0c4-1c00-7abc-8def-0123456789ab', sequence: 1, observedAt: '2026-11-20T10:00:00Z' };
const decoded = (name: string, data: object): Fact['data'] =>
  decodeFact({
    subject: hostFactSubject('h1', name),
    payload: Buffer.from(JSON.stringify({ ...common, ...data })),
    headers: {},
    delivery: 'VFLEET_IN:1:1',
    receivedAt: common.observedAt,
  }).data;

const device = {
  deviceId: deviceIdOf('h1', 'serial:1'),
  identity: 'serial:1',
  kind: 'pci',
  address: '0000:28:00.1',
  iommuGroup: null,
  numaNode: null,
  net: [],
  hostUse: [],
  tags: {},
};
const { deviceId } = device;

describe('an address that an agent writes without its domain, or in capitals', () => {
  it('is that of the device it tells of', () => {
    expect(decoded('DeviceDiscovered', { device: { ...device, address: '2A:00.1' } })).toMatchObject({ device: { address: '0000:2a:00.1' } });
    expect(decoded('DeviceReaddressed', { deviceId, previousAddress: '28:00.1', address: '2A:00.1' })).toMatchObject({ address: '0000:2a:00.1' });
  });

  it('is that of what it attests as attached, and other kinds keep theirs', () => {
    const attachments = ['2A:00.1', '0000:28:00.1', '1-2', '0:0:0:0'].map((address) => ({ vmId: 'vm-1', address }));
    expect(decoded('InventoryAttested', { devices: 4, digest: '0'.repeat(64), attachments })).toMatchObject({
      attachments: ['0000:2a:00.1', '0000:28:00.1', '1-2', '0:0:0:0'].map((address) => ({ vmId: 'vm-1', address })),
    });
  });

  it('leaves an attestation without attachments without them', () => {
    expect(decoded('InventoryAttested', { devices: 4, digest: '0'.repeat(64) })).not.toHaveProperty('attachments');
  });
});

describe('a name that says nothing', () => {
  it('is no name of a device', () => {
    expect(decoded('DeviceDiscovered', { device: { ...device, name: '' } })).toEqual({ ...common, device });
    expect(decoded('DeviceChanged', { deviceId, device: { ...device, kind: 'usb', address: '1-2', name: '' } })).toEqual({
      ...common,
      deviceId,
      device: { ...device, kind: 'usb', address: '1-2' },
    });
  });

  it('takes the one away that it had', () => {
    expect(decoded('DeviceRenamed', { deviceId, address: device.address, previousName: '10GE', name: '' })).toMatchObject({ name: null });
    expect(decoded('DeviceRenamed', { deviceId, address: device.address, previousName: '', name: '10GE' })).toMatchObject({ name: '10GE' });
  });
});
