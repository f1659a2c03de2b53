import type { PciAddress } from '@vfleet/pci';
import type { Hardware, HardwareScan, HostFacts, PciFunction } from '../domain/hardware.js';
import { cards, SRIOV_PORTS, VFS_AT_FIRST, type Slot } from './cards.js';
import { peripherals } from './peripherals.js';
import type { SimulatedKernel } from './simulated-kernel.js';

/** A host that exists in memory only, behind the same door as a real one. Its serials and MACs follow from its number, its virtual functions from its kernel. */
export const simulatedHost = (number: number, kernel: Pick<SimulatedKernel, 'numVfs'> = { numVfs: () => VFS_AT_FIRST }): Hardware => {
  let last: { readonly numVfs: string; readonly scan: HardwareScan } | undefined;
  return {
    scan: () => {
      const numVfs = SRIOV_PORTS.map(kernel.numVfs).join();
      if (last?.numVfs !== numVfs) last = { numVfs, scan: scanOf(number, kernel) };
      return last.scan;
    },
    describeHost: (): HostFacts => ({
      hostname: simulatedHostId(number),
      kernel: '6.12.0-simulated',
      iommu: { enabled: true, type: 'intel' },
      numaNodes: [
        { id: 0, socket: 0 },
        { id: 1, socket: 1 },
      ],
    }),
  };
};

const scanOf = (number: number, kernel: Pick<SimulatedKernel, 'numVfs'>): HardwareScan => ({
  functions: cards(number, kernel.numVfs).flatMap(plugIn).sort(byAddress),
  others: peripherals(number),
  unreadable: [],
  unlisted: [],
});

/** `sim-01` for the first. */
export const simulatedHostId = (number: number): string => `sim-${String(number).padStart(2, '0')}`;

const ROOT_PORT = {
  vendorId: '8086',
  productId: '347a',
  subsystemVendorId: '8086',
  subsystemProductId: '0000',
  class: '060400',
  revision: '04',
  driver: 'pcieport',
};

/** What sits in a slot, with the root port before it where the slot has one. */
const plugIn = ({ port, rootBridge, numaNode, group, functions }: Slot): readonly PciFunction[] => {
  const place = { rootBridge, numaNode, net: [], hostUse: [], functionNumber: 0 };
  const bridges = port === undefined ? [] : [port];
  const bridge: readonly PciFunction[] = port === undefined ? [] : [{ ...place, ...ROOT_PORT, address: port, bridges: [], iommuGroup: group }];
  return [
    ...bridge,
    ...functions.map(({ groupOffset, ...given }, index) => ({ ...place, bridges, functionNumber: index, ...given, iommuGroup: group + groupOffset })),
  ];
};

const byAddress = (a: { readonly address: PciAddress }, b: { readonly address: PciAddress }): number => (a.address < b.address ? -1 : 1);
