import { parsePciAddress, type NetInterface, type PciAddress } from '@vfleet/pci';
import type { PciFunction } from '../domain/hardware.js';
import { DISK_CONTROLLER, ROOT_DISK, USB_CONTROLLER } from './peripherals.js';

/** A function of a simulated card; its IOMMU group counts from the slot's. */
export type CardFunction = Partial<PciFunction> & { readonly address: PciAddress; readonly groupOffset: number };

/** A place on the board and what sits in it. Group numbers from `group` on belong to the slot. */
export interface Slot {
  readonly port?: PciAddress;
  readonly rootBridge: string;
  readonly numaNode: number;
  readonly group: number;
  readonly functions: readonly CardFunction[];
}

/** Virtual functions of a port: as it comes, and at most, so that both ports' fit on the bus. */
export const VFS_AT_FIRST = 4;
export const MOST_VFS = 32;
/** Groups of those that a port does not have at first; far from all that are counted from a slot's. */
const GROUPS_OF_MORE_VFS = 1_000;
const [NEAR, FAR] = ['\\_SB_.PC00', '\\_SB_.PC80'];

const at = (text: string): PciAddress => parsePciAddress(text) as PciAddress;
const hex = (value: number): string => value.toString(16).padStart(2, '0');

/** What each simulated host has: two SR-IOV ports, two GPUs, two NVMe disks, a disk controller, accelerators behind a switch, a NIC of its own, a console, bridges. */
export const cards = (host: number, numVfsOf: (pf: PciAddress) => number): readonly Slot[] => [
  { rootBridge: NEAR, numaNode: 0, group: 0, functions: chipset() },
  {
    port: at('00:01.0'),
    rootBridge: NEAR,
    numaNode: 0,
    group: 10,
    functions: SRIOV_PORTS.flatMap((pf, port) => nicPort(host, pf, port, numVfsOf(pf))),
  },
  { port: at('00:02.0'), rootBridge: NEAR, numaNode: 0, group: 30, functions: [bootNic(host)] },
  { port: at('00:03.0'), rootBridge: NEAR, numaNode: 0, group: 40, functions: [nvme(host, '04')] },
  { port: at('00:04.0'), rootBridge: NEAR, numaNode: 0, group: 45, functions: [diskController(host)] },
  { port: at('80:01.0'), rootBridge: FAR, numaNode: 1, group: 50, functions: gpu(host, '81') },
  { port: at('80:02.0'), rootBridge: FAR, numaNode: 1, group: 60, functions: gpu(host, '82') },
  { port: at('80:03.0'), rootBridge: FAR, numaNode: 1, group: 70, functions: [nvme(host, '83')] },
  { port: at('80:04.0'), rootBridge: FAR, numaNode: 1, group: 80, functions: accelerators(host, at('80:04.0')) },
];

const intel = { vendorId: '8086', subsystemVendorId: '8086', revision: '02' };

const chipset = (): readonly CardFunction[] => [
  { ...intel, address: at('00:00.0'), groupOffset: 0, productId: '09a2', subsystemProductId: '0000', class: '060000' },
  { ...intel, address: at('00:1f.0'), groupOffset: 1, productId: 'a1c3', subsystemProductId: '7270', class: '060100' },
  { ...intel, address: USB_CONTROLLER, groupOffset: 3, productId: 'a36d', subsystemProductId: '7270', class: '0c0330', driver: 'xhci_hcd' },
  {
    address: at('00:1e.0'),
    groupOffset: 2,
    vendorId: '1a03',
    productId: '2000',
    subsystemVendorId: '1a03',
    subsystemProductId: '2000',
    class: '030000',
    revision: '41',
    driver: 'ast',
    bootVga: true,
    hostUse: [{ code: 'boot-vga', detail: 'the firmware shows its console here' }],
  },
];

/** The PFs of the two-port card. */
export const SRIOV_PORTS: readonly PciAddress[] = [at('02:00.0'), at('02:00.1')];

/** A port of a two-port 10 GbE card: its PF, and its VFs behind the card's other functions, eight to a slot number. */
const nicPort = (host: number, pf: PciAddress, port: number, numVfs: number): readonly CardFunction[] => {
  const nic = { ...intel, class: '020000', slot: '1' };
  const vfs = [...Array(numVfs).keys()].map((index) => ({
    ...nic,
    address: at(`02:${hex(2 + port * 4 + (index >> 3))}.${index & 7}`),
    groupOffset: index < VFS_AT_FIRST ? 3 + port * VFS_AT_FIRST + index : GROUPS_OF_MORE_VFS + port * MOST_VFS + index,
    productId: '154c',
    subsystemProductId: '0000',
    driver: 'iavf',
    vfOf: { pf, index },
  }));
  const physical: CardFunction = {
    ...nic,
    address: pf,
    groupOffset: 1 + port,
    functionNumber: port,
    productId: '1572',
    subsystemProductId: '0007',
    driver: 'i40e',
    totalVfs: MOST_VFS,
    numVfs,
    serial: serialOf(host, 1),
    net: [ether(`ens1f${port}`, `02:00:5e:${hex(host >> 8)}:${hex(host & 255)}:0${port}`, 10_000)],
  };
  return [physical, ...vfs];
};

const bootNic = (host: number): CardFunction => ({
  ...intel,
  address: at('03:00.0'),
  groupOffset: 1,
  productId: '1521',
  subsystemProductId: '00a3',
  class: '020000',
  driver: 'igb',
  serial: serialOf(host, 2),
  net: [ether('eno1', `02:00:5e:${hex(host >> 8)}:${hex(host & 255)}:10`, 1_000)],
  hostUse: [
    { code: 'bridge-port', detail: 'eno1 in br0' },
    { code: 'default-route', detail: 'the default route leads through br0' },
    { code: 'management', detail: 'the host has an address on br0' },
  ],
});

const nvme = (host: number, bus: string): CardFunction => ({
  address: at(`${bus}:00.0`),
  groupOffset: 1,
  vendorId: '144d',
  productId: 'a80a',
  subsystemVendorId: '144d',
  subsystemProductId: 'a801',
  class: '010802',
  revision: '00',
  driver: 'nvme',
  slot: `nvme-${bus}`,
  serial: serialOf(host, parseInt(bus, 16)),
});

/** A GPU and its audio function share a group: they go to one VM. */
const gpu = (host: number, bus: string): readonly CardFunction[] => {
  const card = {
    groupOffset: 1,
    vendorId: '10de',
    subsystemVendorId: '10de',
    subsystemProductId: '1482',
    revision: 'a1',
    slot: `gpu-${bus}`,
    serial: serialOf(host, parseInt(bus, 16)),
  };
  return [
    { ...card, address: at(`${bus}:00.0`), productId: '2236', class: '030200', driver: 'vfio-pci' },
    { ...card, address: at(`${bus}:00.1`), productId: '1aef', class: '040300', driver: 'snd_hda_intel' },
  ];
};

const diskController = (host: number): CardFunction => ({
  address: DISK_CONTROLLER,
  groupOffset: 1,
  vendorId: '1000',
  productId: '00af',
  subsystemVendorId: '1000',
  subsystemProductId: '3050',
  class: '010700',
  revision: '01',
  driver: 'mpt3sas',
  slot: '5',
  serial: serialOf(host, 5),
  hostUse: ROOT_DISK,
});

/** Two accelerators, each behind a port of one switch. */
const accelerators = (host: number, port: PciAddress): readonly CardFunction[] => {
  const bridge = {
    vendorId: '10b5',
    productId: '8747',
    subsystemVendorId: '10b5',
    subsystemProductId: '8747',
    class: '060400',
    revision: 'ca',
    driver: 'pcieport',
  };
  const upstream = at('84:00.0');
  const behind = (number: number): readonly CardFunction[] => {
    const downstream = at(`85:0${number}.0`);
    const card = { vendorId: '10ee', productId: '5001', subsystemVendorId: '10ee', subsystemProductId: '000e', class: '120000', revision: '00' };
    return [
      { ...bridge, address: downstream, groupOffset: 2 + number * 2, functionNumber: 0, bridges: [port, upstream] },
      {
        ...card,
        address: at(`8${6 + number}:00.0`),
        groupOffset: 3 + number * 2,
        functionNumber: 0,
        bridges: [port, upstream, downstream],
        serial: serialOf(host, 0x86 + number),
      },
    ];
  };
  return [{ ...bridge, address: upstream, groupOffset: 1 }, ...behind(0), ...behind(1)];
};

const ether = (ifname: string, mac: string, speedMbps: number): NetInterface => ({
  ifname,
  mac,
  permanentMac: mac,
  speedMbps,
  carrier: true,
  linkType: 'ether',
});

const serialOf = (host: number, card: number): string => `00-00-5e-ff-${hex(host >> 8)}-${hex(host & 255)}-00-${hex(card)}`;
