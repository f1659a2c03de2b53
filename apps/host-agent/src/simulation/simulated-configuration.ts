import type { Configuration } from '../configuration/config.js';
import { parseDeviceRules } from '../configuration/device-rules.js';
import type { PciNames } from '../domain/observe.js';
import { simulatedHostId } from './simulated-host.js';

/** What the operator of the simulated fleet wrote for each host. */
const DEVICES = [
  { address: '02:00.0', physicalNetwork: 'physnet1' },
  { address: '02:00.1', physicalNetwork: 'physnet2' },
  { match: { pf: ['ens1f0', 'ens1f1'] }, name: '10GE', tags: { speed: '10g' } },
  { match: { class: '0302' }, name: 'GPU' },
  { match: { class: '0108' }, name: 'NVME' },
  { match: { class: '1200' }, name: 'FPGA' },
  { match: { vendorId: '096e' }, name: 'DONGLE', tags: { licence: 'cad' } },
  { address: '0:0:*:0', name: 'DISK' },
];

/** Every simulated host's: read once. */
const RULES = parseDeviceRules(DEVICES, (path, message) => {
  throw new Error(`simulated devices.${path.join('.')} ${message}`);
});

export const simulatedConfiguration = (number: number, natsUrl: string, stateFolder: string): Configuration => {
  const hostId = simulatedHostId(number);
  return {
    hostId,
    natsUrl,
    sysfsRoot: '/nowhere',
    procRoot: '/nowhere',
    runRoot: '/nowhere',
    devices: RULES,
    unsafeIommuGroups: false,
    heartbeatSeconds: 10,
    rescanSeconds: 30,
    stateFile: `${stateFolder}/agent-${hostId}.json`,
    hypervisor: { driver: 'simulator', faults: [] },
    labels: { rules: RULES },
  };
};

/** Names of the simulated hardware, for hosts without a PCI id database. */
const NAMES: Readonly<Record<string, string>> = {
  '8086': 'Intel Corporation',
  '8086:1572': 'Ethernet Controller X710 for 10GbE SFP+',
  '8086:154c': 'Ethernet Virtual Function 700 Series',
  '8086:1521': 'I350 Gigabit Network Connection',
  '8086:a36d': 'Cannon Lake PCH USB 3.1 xHCI Host Controller',
  '1000': 'Broadcom / LSI',
  '1000:00af': 'SAS3408 Fusion-MPT Tri-Mode I/O Controller',
  '10b5': 'PLX Technology, Inc.',
  '10b5:8747': 'PEX 8747 PCI Express Gen 3 Switch',
  '10ee': 'Xilinx Corporation',
  '10ee:5001': 'Alveo U250',
  '144d': 'Samsung Electronics Co Ltd',
  '144d:a80a': 'NVMe SSD Controller PM9A1/PM9A3/980PRO',
  '10de': 'NVIDIA Corporation',
  '10de:2236': 'GA102GL [A10]',
  '10de:1aef': 'GA102 High Definition Audio Controller',
  '1a03': 'ASPEED Technology, Inc.',
  '1a03:2000': 'ASPEED Graphics Family',
};
const CLASSES: Readonly<Record<string, string>> = {
  '0107': 'Serial Attached SCSI controller',
  '0108': 'Non-Volatile memory controller',
  '0200': 'Ethernet controller',
  '0300': 'VGA compatible controller',
  '0302': '3D controller',
  '0403': 'Audio device',
  '0600': 'Host bridge',
  '0601': 'ISA bridge',
  '0604': 'PCI bridge',
  '0c03': 'USB controller',
  '1200': 'Processing accelerators',
};

export const simulatedNames: PciNames = {
  vendor: (vendorId) => NAMES[vendorId],
  product: (vendorId, productId) => NAMES[`${vendorId}:${productId}`],
  class: (code) => CLASSES[code.slice(0, 4)],
};
