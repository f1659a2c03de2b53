import type { Wish } from './ask.js';
import { TENANT_TAG, tenantsOf } from './availability.js';
import type { Companionship } from './companions.js';
import type { DeviceObservation } from './device.js';
import { otherHolder, type Circumstances } from './eligibility.js';
import { remembered } from './remembered.js';
import type { Topology } from './topology.js';

/** Whose harm is weighed: what a VM holds it keeps where that costs nothing, and its devices are best near its NUMA nodes. */
export type Beneficiary = Pick<Wish, 'vmId' | 'numaNodes' | 'tenant' | 'strategy'>;

/** Compared from left to right; the lower does less harm. */
type Rank = readonly [distance: number, kept: number, kind: number, along: number, packed: number, abilities: number, first: number, place: number];

/**
 * Devices in the order in which taking them does the least harm: near the VM, what it holds already, small IOMMU groups,
 * VFs of the fullest PF (so that whole PFs stay free; the emptiest for `spread`), plain functions before those of rarer
 * abilities, then by address.
 */
export const leastHarmFirst = (
  devices: Iterable<DeviceObservation>,
  host: Circumstances,
  vm: Beneficiary,
  along: Companionship,
): readonly DeviceObservation[] => {
  const packOf = remembered((pf: DeviceObservation) => weigh(pf, host, vm));
  const ranked = Array.from(devices, (device) => ({ device, rank: rankOf(device, host, vm, packOf, along) }));
  ranked.sort((a, b) => compareRanks(a.rank, b.rank));
  return ranked.map(({ device }) => device);
};

export const inAddressOrder = <T extends { readonly device: DeviceObservation }>(items: readonly T[], { placeOf }: Topology): readonly T[] =>
  [...items].sort((a, b) => placeOf(a.device) - placeOf(b.device));

/** What is left of a PF. */
interface Pack {
  readonly kind: number;
  /** The lower, the sooner a VF of it is taken. VFs of one PF stay together, but for `spread`: there each one that is taken makes it fuller. */
  readonly fullness: (vf: DeviceObservation) => number;
  readonly firstFree: number;
}

const weigh = (pf: DeviceObservation, host: Circumstances, { vmId, strategy = 'pack' }: Beneficiary): Pack => {
  const vfs = host.topology.vfsOf(pf);
  const free = vfs.filter((vf) => !otherHolder(host, vf, vmId));
  const firstFree = Math.min(...free.map(host.topology.placeOf));
  if (strategy === 'spread') {
    const turns = new Map([...free].sort((a, b) => host.topology.placeOf(a) - host.topology.placeOf(b)).map((vf, turn) => [vf, turn]));
    return { kind: 0, fullness: (vf) => vfs.length - free.length + (turns.get(vf) ?? 0), firstFree };
  }
  const touched = vfs.some((vf) => host.holders.has(vf.deviceId));
  return { kind: touched ? 0 : BREAKS_A_PF, fullness: () => free.length, firstFree };
};

const rankOf = (
  device: DeviceObservation,
  host: Circumstances,
  vm: Beneficiary,
  packOf: (pf: DeviceObservation) => Pack,
  { movable, rivalsOf }: Companionship,
): Rank => {
  const place = host.topology.placeOf(device);
  const near = distance(device, vm.numaNodes ?? []);
  const kept = host.holders.get(device.deviceId) === vm.vmId ? 0 : 1;
  const group = movable(device);
  const along = group.length < 2 ? 0 : group.filter((member) => member !== device && !rivalsOf(device).includes(member)).length;
  const pf = host.topology.pfOf(device);
  if (!pf) return [near, kept, device.functionType === 'pf' ? WHOLE_PF : 0, along, 0, abilities(device, vm), place, place];
  const { kind, fullness, firstFree } = packOf(pf);
  return [near, kept, kind, along, fullness(device), abilities(device, vm), firstFree, place];
};

const BREAKS_A_PF = 1;
const WHOLE_PF = 2;

/** What others might need a device for. One that is kept for the VM's own tenant is the first to be used. */
const abilities = ({ liveMigratable, tags }: DeviceObservation, { tenant }: Beneficiary): number => {
  const { [TENANT_TAG]: keptFor, ...others } = tags;
  const own = keptFor !== undefined && tenant !== undefined && tenantsOf(keptFor).includes(tenant);
  return own ? -1 : Number(liveMigratable === true) + Object.keys(others).length;
};

/** 0 on the VM's nodes, or where it has none; 1 where the device's node is unknown; 2 elsewhere. */
const distance = ({ numaNode }: DeviceObservation, numaNodes: readonly number[]): number => {
  if (numaNodes.length === 0) return 0;
  return numaNode === null ? 1 : numaNodes.includes(numaNode) ? 0 : 2;
};

const compareRanks = (a: Rank, b: Rank): number => {
  for (let index = 0; index < a.length; index += 1) {
    const difference = (a[index] as number) - (b[index] as number);
    if (difference !== 0) return difference;
  }
  return 0;
};
