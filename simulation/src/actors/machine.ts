import type { HardwareScan, PciFunction } from '@vfleet/host-agent/domain/hardware';
import { observe } from '@vfleet/host-agent/domain/observe';
import { NO_NAMES } from '@vfleet/host-agent/names';
import { parsePciAddress, type PciAddress } from '@vfleet/pci';

/** One host as it really is: its devices, and which VM has which of them. */
export class Machine {
  /** Address now, by serial or by place. */
  readonly functions: Function[] = [];
  /** Device to the VM that has it. */
  readonly attached = new Map<string, string>();

  constructor(readonly hostId: string) {}

  scan(): HardwareScan {
    return { functions: this.functions.filter(({ gone }) => !gone).map(({ seen }) => seen), others: [], unreadable: [], unlisted: [] };
  }

  /** Everything that a VM has here is let go. */
  letGo(vmId: string): void {
    for (const [deviceId, holder] of this.attached) if (holder === vmId) this.attached.delete(deviceId);
  }

  /** Where a device is now; undefined for one that is not there. */
  addressOf(deviceId: string): string | undefined {
    return this.functions.find((one) => !one.gone && one.deviceId === deviceId)?.seen.address;
  }

  attachedTo(vmId: string): readonly string[] {
    return [...this.attached].flatMap(([deviceId, holder]) => (holder === vmId ? [deviceId] : []));
  }
}

/** A PCI function, and whether somebody has pulled it out. */
export interface Function {
  readonly deviceId: string;
  readonly seen: PciFunction;
  gone: boolean;
}

const address = (text: string): PciAddress => parsePciAddress(text) as PciAddress;

const base = (at: string, more: Partial<PciFunction>): PciFunction => ({
  address: address(at),
  rootBridge: '#0',
  bridges: [],
  functionNumber: Number(at.at(-1)),
  vendorId: '8086',
  productId: '1572',
  class: '020000',
  driver: 'vfio-pci',
  iommuGroup: null,
  numaNode: 0,
  net: [],
  hostUse: [],
  ...more,
});

/** Serial numbers of the fleet's cards. */
const serial = (hostId: string, at: string): string => `5e-${hostId}-${at.replaceAll(/[^0-9a-f]/g, '')}`;

/**
 * Small, but with everything that excludes each other: a port with two virtual functions, two plain ports, and two
 * accelerators that share one IOMMU group.
 */
export const aMachine = (hostId: string): Machine => {
  const machine = new Machine(hostId);
  const own = (at: string, more: Partial<PciFunction>): PciFunction => base(at, { serial: serial(hostId, at), ...more });
  const pf = own('0000:10:00.0', { totalVfs: 2, numVfs: 2, iommuGroup: 10, productId: '1572' });
  const vf = (index: number): PciFunction =>
    base(`0000:10:02.${index}`, { productId: '154c', iommuGroup: 11 + index, vfOf: { pf: pf.address, index } });
  const port = (index: number): PciFunction => own(`0000:20:00.${index}`, { iommuGroup: 20 + index, productId: '10fb' });
  const accelerator = (index: number): PciFunction =>
    own(`0000:30:00.${index}`, { iommuGroup: 30, vendorId: '10de', productId: '1eb8', class: '030200' });
  const functions = [pf, vf(0), vf(1), port(0), port(1), accelerator(0), accelerator(1)];
  for (const [index, { observation }] of observe(hostId, { functions, others: [] }, [], NO_NAMES).entries())
    machine.functions.push({ deviceId: observation.deviceId, seen: functions[index] as PciFunction, gone: false });
  return machine;
};

/** What a VM may ask for. */
export const WISHES = [
  [{ match: { functionType: 'vf' } }],
  [{ match: { functionType: 'vf' }, count: 2 }],
  [{ match: { functionType: 'pf' } }],
  [{ match: { productId: '10fb' } }],
  [{ match: { productId: '10fb' }, count: 2 }],
  [{ match: { productId: '1eb8' } }],
  [{ match: { functionType: 'vf' } }, { match: { productId: '10fb' } }],
] as const;
