import { addressSortKey } from './address.js';
import { attributesOf } from './attributes.js';
import { unavailability, type UnavailableCode } from './availability.js';
import type { DeviceObservation } from './device.js';
import { keptByHost, type Circumstances } from './eligibility.js';
import { assign } from './matching.js';
import type { Ask } from './request.js';

export interface ChosenDevice {
  readonly device: DeviceObservation;
  readonly requestName: string;
  /** In no request: it goes along because its IOMMU group is passed as a whole. */
  readonly affected: boolean;
}

/** Why a request is not served: what was asked, what is there, what is free, and what rules the rest out. */
export interface Unmet {
  readonly requestName: string;
  readonly asked: number;
  readonly matched: number;
  readonly free: number;
  readonly reasons: readonly { readonly code: UnavailableCode | 'NO_MATCH' | 'TAKEN_BY_OTHER_REQUEST'; readonly count: number; readonly example?: string }[];
}

export interface Wish {
  readonly vmId: string;
  readonly asks: readonly Ask[];
  /** NUMA nodes of the VM; its devices are best near them. */
  readonly numaNodes?: readonly number[];
}

/** All the devices that a VM asks for on one host, whole IOMMU groups, or every reason why not. */
export const chooseDevices = (host: Circumstances, wish: Wish): { readonly chosen: readonly ChosenDevice[] } | { readonly unmet: readonly Unmet[] } => {
  const surveys = wish.asks.map((ask) => survey(host, wish, ask));
  const served = assign(surveys.map(({ ask, free }) => ({ count: ask.count, candidates: free })), conflicts(host));
  if (!served) return { unmet: surveys.flatMap((one) => unmet(one, surveys)) };

  const chosen = new Map<string, ChosenDevice>();
  served.forEach((devices, index) => {
    const { requestName } = wish.asks[index] as Ask;
    for (const device of devices) chosen.set(device.deviceId, { device, requestName, affected: false });
  });
  for (const { device, requestName } of [...chosen.values()])
    for (const member of companions(device, host))
      if (!chosen.has(member.deviceId)) chosen.set(member.deviceId, { device: member, requestName, affected: true });
  return { chosen: [...chosen.values()].sort((a, b) => compareAddresses(a.device, b.device)) };
};

/** The rest of a device's IOMMU group that goes to a VM with it. */
export const companions = (device: DeviceObservation, host: Circumstances): readonly DeviceObservation[] =>
  host.unsafeIommuGroups
    ? []
    : host.topology.groupOf(device).filter((member) => member.deviceId !== device.deviceId && !keptByHost(member, host) && !host.missing.has(member.deviceId));

interface Survey {
  readonly ask: Ask;
  readonly matched: number;
  readonly free: readonly DeviceObservation[];
  readonly ruledOut: ReadonlyMap<UnavailableCode, { readonly count: number; readonly example: string }>;
}

const survey = (host: Circumstances, { vmId, numaNodes = [] }: Wish, ask: Ask): Survey => {
  const free: DeviceObservation[] = [];
  const ruledOut = new Map<UnavailableCode, { count: number; example: string }>();
  let matched = 0;
  for (const device of host.topology.devices.values()) {
    if (!ask.accepts(attributesOf(device, host.topology))) continue;
    matched += 1;
    const no = unavailability(device, host, { vmId, forPf: ask.forPf, byAddress: ask.byAddress });
    if (!no) free.push(device);
    else if (ruledOut.has(no.code)) (ruledOut.get(no.code) as { count: number }).count += 1;
    else ruledOut.set(no.code, { count: 1, example: `${device.address}: ${no.message}` });
  }
  return { ask, matched, free: leastHarmFirst(free, host, numaNodes), ruledOut };
};

/** Near the VM first, then VFs of the fullest PF, plain functions before those of rarer abilities, then by address. */
const leastHarmFirst = (free: readonly DeviceObservation[], host: Circumstances, numaNodes: readonly number[]): readonly DeviceObservation[] => {
  const ranked = free.map((device) => ({ device, rank: rankOf(device, host, numaNodes) }));
  ranked.sort((a, b) => compareRanks(a.rank, b.rank) || compareAddresses(a.device, b.device));
  return ranked.map(({ device }) => device);
};

const rankOf = (device: DeviceObservation, host: Circumstances, numaNodes: readonly number[]): readonly number[] => {
  const { numaNode } = device;
  const distance = numaNodes.length === 0 || (numaNode !== null && numaNodes.includes(numaNode)) ? 0 : numaNode === null ? 1 : 2;
  const pf = device.functionType === 'vf' && device.parentDeviceId ? host.topology.devices.get(device.parentDeviceId) : undefined;
  const freeSiblings = pf ? host.topology.vfsOf(pf).filter(({ deviceId }) => !host.holders.has(deviceId)).length : 0;
  return [distance, freeSiblings, device.functionType === 'pf' ? 1 : 0];
};

const compareRanks = (a: readonly number[], b: readonly number[]): number => {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return 0;
};

const compareAddresses = (a: DeviceObservation, b: DeviceObservation): number => {
  const [left, right] = [addressSortKey(a.kind, a.address), addressSortKey(b.kind, b.address)];
  return left < right ? -1 : left > right ? 1 : 0;
};

/** What may not go to one VM together with a device: the VFs of a PF, the PF of a VF. */
const conflicts =
  (host: Circumstances) =>
  (device: DeviceObservation): readonly DeviceObservation[] => {
    const pf = device.functionType === 'vf' && device.parentDeviceId ? host.topology.devices.get(device.parentDeviceId) : undefined;
    return pf ? [pf] : host.topology.vfsOf(device);
  };

const unmet = ({ ask, matched, free, ruledOut }: Survey, all: readonly Survey[]): readonly Unmet[] => {
  const reasons: Unmet['reasons'][number][] = [...ruledOut].map(([code, { count, example }]) => ({ code, count, example }));
  if (matched === 0) reasons.push({ code: 'NO_MATCH', count: 0 });
  const short = free.length < ask.count;
  if (!short) {
    // Enough for this request alone: name it only where no request is short by itself.
    if (all.some((other) => other.free.length < other.ask.count)) return [];
    const shared = free.filter((device) => all.some((other) => other.ask !== ask && other.free.includes(device)));
    if (shared.length === 0) return [];
    reasons.push({ code: 'TAKEN_BY_OTHER_REQUEST', count: shared.length, example: (shared[0] as DeviceObservation).address });
  }
  return [{ requestName: ask.requestName, asked: ask.count, matched, free: free.length, reasons }];
};
