import { addressSortKey } from './address.js';
import type { DeviceObservation } from './device.js';
import { otherHolder, type Circumstances } from './eligibility.js';

/** Whose harm is weighed: what a VM holds it keeps where that costs nothing, and its devices are best near its NUMA nodes. */
export interface Beneficiary {
  readonly vmId: string;
  readonly numaNodes?: readonly number[];
}

/** Compared from left to right; the lower does less harm. */
type Rank = readonly (number | string)[];

/**
 * Devices in the order in which taking them does the least harm: near the VM, what it holds already, VFs of the
 * fullest PF (so that whole PFs stay free), plain functions before those of rarer abilities, then by address.
 */
export const leastHarmFirst = (devices: Iterable<DeviceObservation>, host: Circumstances, vm: Beneficiary): readonly DeviceObservation[] => {
  const packs = new Map<string, Pack>();
  const packOf = (pf: DeviceObservation): Pack => {
    const known = packs.get(pf.deviceId);
    if (known) return known;
    const pack = weigh(pf, host, vm.vmId);
    packs.set(pf.deviceId, pack);
    return pack;
  };
  const ranked = [...devices].map((device) => ({ device, rank: rankOf(device, host, vm, packOf) }));
  ranked.sort((a, b) => compareRanks(a.rank, b.rank));
  return ranked.map(({ device }) => device);
};

export const inAddressOrder = <T extends { readonly device: DeviceObservation }>(items: readonly T[]): readonly T[] =>
  items
    .map((item) => ({ item, key: [addressSortKey(item.device.kind, item.device.address)] }))
    .sort((a, b) => compareRanks(a.key, b.key))
    .map(({ item }) => item);

/** What is left of a PF: VFs of one PF stay together, in the order of their first free one. */
interface Pack {
  readonly touched: boolean;
  readonly free: number;
  readonly firstFree: string;
}

const weigh = (pf: DeviceObservation, host: Circumstances, vmId: string): Pack => {
  const vfs = host.topology.vfsOf(pf);
  const free = vfs.filter((vf) => !otherHolder(host, vf, vmId)).map((vf) => addressSortKey(vf.kind, vf.address));
  return { touched: vfs.some((vf) => host.holders.has(vf.deviceId)), free: free.length, firstFree: free.reduce((a, b) => (a < b ? a : b), '~') };
};

const rankOf = (device: DeviceObservation, host: Circumstances, vm: Beneficiary, packOf: (pf: DeviceObservation) => Pack): Rank => {
  const key = addressSortKey(device.kind, device.address);
  const kept = host.holders.get(device.deviceId) === vm.vmId ? 0 : 1;
  const pf = host.topology.pfOf(device);
  const near = [distance(device, vm.numaNodes ?? []), kept];
  if (!pf) return [...near, device.functionType === 'pf' ? WHOLE_PF : 0, 0, key, key];
  const { touched, free, firstFree } = packOf(pf);
  return [...near, touched ? 0 : BREAKS_A_PF, free, firstFree, key];
};

const BREAKS_A_PF = 1;
const WHOLE_PF = 2;

/** 0 on the VM's nodes, or where it has none; 1 where the device's node is unknown; 2 elsewhere. */
const distance = ({ numaNode }: DeviceObservation, numaNodes: readonly number[]): number => {
  if (numaNodes.length === 0) return 0;
  return numaNode === null ? 1 : numaNodes.includes(numaNode) ? 0 : 2;
};

const compareRanks = (a: Rank, b: Rank): number => {
  for (const [index, left] of a.entries()) {
    const right = b[index] as number | string;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
};
