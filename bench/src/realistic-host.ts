import { deviceIdOf, type DeviceObservation } from '@vfleet/contracts';

const EPOCH = '0197b9d8-0000-7000-8000-000000000001';
const VFS_PER_PF = 14;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const mac = (host: number, index: number): string => `3c:fd:${[host >> 8, host, index >> 8, index].map((byte) => hex(byte & 255, 2)).join(':')}`;

/** What an agent has told of a host, as JSON of the events in its stream: four NICs of two ports or so, with their VFs. */
export const hostReport = (host: number, devices: number): readonly string[] => {
  const hostId = `host-${host}`;
  const stream = `host-${hostId}`;
  const at = (sequence: number) => ({ epoch: EPOCH, sequence, observedAt: '2026-11-20T10:00:00.000Z' });
  const description = { hostname: `${hostId}.example`, agentVersion: '0.1.0', heartbeatSeconds: 10, kernel: '6.1.0-25-amd64' };
  const events = [JSON.stringify({ stream, type: 'HostOnline', data: { hostId, host: description, observed: at(1) } })];
  for (let n = 0; n < devices; n += 1) {
    const device = n % (VFS_PER_PF + 1) === 0 ? physical(host, hostId, n) : virtual(host, hostId, n);
    const data = { hostId, deviceId: device.deviceId, address: device.address, device, observed: at(n + 2) };
    events.push(JSON.stringify({ stream, type: 'DeviceDiscovered', data }));
  }
  return events;
};

/** The port that a function is of. */
const portOf = (n: number): number => Math.floor(n / (VFS_PER_PF + 1));
const busOf = (n: number): number => 0x18 + portOf(n);
const serialOf = (host: number, n: number): string => `sn:8086:1572:${hex(host * 16 + portOf(n), 16)}`;

const common = (n: number) => ({
  kind: 'pci',
  vendorId: '8086',
  subsystemVendorId: '8086',
  vendorName: 'Intel Corporation',
  class: '020000',
  className: 'Ethernet controller',
  revision: '02',
  numaNode: portOf(n) & 1,
  pcieRoot: `0000:${hex(busOf(n) - 1, 2)}:00.0`,
  slot: String(portOf(n) + 1),
  physicalNetwork: `net-${portOf(n) & 3}`,
  hostUse: [],
  tags: { rack: 'b4', zone: 'a' },
});

const physical = (host: number, hostId: string, n: number): DeviceObservation => ({
  ...common(n),
  deviceId: deviceIdOf(hostId, serialOf(host, n)),
  identity: serialOf(host, n),
  address: `0000:${hex(busOf(n), 2)}:00.0`,
  productId: '1572',
  subsystemProductId: '0008',
  productName: 'Ethernet Controller X710 for 10GbE SFP+',
  driver: 'i40e',
  functionType: 'pf',
  totalVfs: 64,
  numVfs: VFS_PER_PF,
  iommuGroup: n + 20,
  serial: serialOf(host, n).slice(-16),
  net: [{ ifname: `ens${portOf(n)}f0`, mac: mac(host, n), permanentMac: mac(host, n), speedMbps: 10_000, carrier: true, linkType: 'ether' }],
});

const virtual = (host: number, hostId: string, n: number): DeviceObservation => {
  const index = (n % (VFS_PER_PF + 1)) - 1;
  const identity = `vf:${serialOf(host, n)}#${index}`;
  return {
    ...common(n),
    deviceId: deviceIdOf(hostId, identity),
    identity,
    address: `0000:${hex(busOf(n), 2)}:${hex(2 + (index >> 3), 2)}.${index & 7}`,
    name: '10GE',
    productId: '154c',
    subsystemProductId: '0000',
    productName: 'Ethernet Virtual Function 700 Series',
    driver: index % 4 === 0 ? 'iavf' : 'vfio-pci',
    functionType: 'vf',
    parentDeviceId: deviceIdOf(hostId, serialOf(host, n)),
    vfIndex: index,
    iommuGroup: n + 20,
    net: index % 4 === 0 ? [{ ifname: `ens${portOf(n)}f0v${index}`, mac: mac(host, n), speedMbps: 10_000, carrier: true, linkType: 'ether' }] : [],
  };
};
