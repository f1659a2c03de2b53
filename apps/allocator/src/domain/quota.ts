import type { Attributes, DeviceObservation } from '@vfleet/pci';
import type { Fleet, Refusal } from './decision.js';
import type { Host } from './host.js';
import { stillAttached } from './release.js';

/** Devices that a VM would get, those that go along with their IOMMU group included. */
export interface Grant {
  /** Whose VM it is; a VM of nobody has no quota. */
  readonly tenant: string | undefined;
  readonly vmId: string;
  readonly devices: readonly DeviceObservation[];
  /** The VM moves: all that it holds goes back when it has arrived. */
  readonly moves?: boolean;
}

/**
 * The first of the tenant's quotas that a grant would exceed. What the VM holds and would hold again, or would give
 * back at once, does not count twice; what is still attached to it from before does count. A grant that takes no more
 * of an exceeded quota than is taken already is let through: it is no worse than before.
 */
export const overQuota = (
  fleet: Fleet,
  { tenant, vmId, devices, moves = false }: Grant,
  attributesOf: (device: DeviceObservation) => Attributes,
): Refusal | undefined => {
  const quotas = tenant === undefined ? [] : (fleet.catalog().quotasOf.get(tenant) ?? []);
  if (quotas.length === 0) return undefined;
  const makingWay = devicesMakingWay(fleet, vmId, new Set(devices.map(({ deviceId }) => deviceId)), moves);
  for (const { name, match, limit, accepts } of quotas) {
    const asked = devices.filter((device) => accepts(attributesOf(device))).length;
    const before = fleet.usedOf(name);
    const used = before - makingWay.filter((deviceId) => fleet.chargedTo(deviceId).includes(name)).length;
    if (used + asked <= limit || used + asked <= before) continue;
    const message = `tenant ${tenant} may hold ${limit} devices that match ${JSON.stringify(match)}: ${used} are held, ${asked} more are asked for`;
    return { code: 'QUOTA_EXCEEDED', message, details: { quota: { tenant, match, limit }, used, asked } };
  }
  return undefined;
};

/**
 * Why a VM may have no more of some devices: they count against a quota of its tenant, and what is left of that goes to
 * those that were chosen first. What the VM holds on the host it may keep.
 */
export const quotaObjection = (
  fleet: Fleet,
  host: Host,
  { tenant, vmId, devices, moves = false }: Grant,
  attributesOf: (device: DeviceObservation) => Attributes,
): ((device: DeviceObservation) => string | undefined) => {
  const quotas = tenant === undefined ? [] : (fleet.catalog().quotasOf.get(tenant) ?? []);
  const full = quotas.map((quota) => {
    const counting = devices.filter((device) => quota.accepts(attributesOf(device)));
    const isOwn = ({ deviceId }: DeviceObservation): boolean => host.holders.get(deviceId) === vmId;
    const returning = moves
      ? devicesMakingWay(fleet, vmId, new Set(), moves).filter((deviceId) => fleet.chargedTo(deviceId).includes(quota.name)).length
      : 0;
    const left = Math.max(0, quota.limit + returning - fleet.usedOf(quota.name));
    return { quota, may: new Set([...counting.filter(isOwn), ...counting.filter((device) => !isOwn(device)).slice(0, left)]) };
  });
  return (device) => {
    const against = full.find(({ quota, may }) => !may.has(device) && quota.accepts(attributesOf(device)));
    return against && `tenant ${tenant} may hold ${against.quota.limit} that match ${JSON.stringify(against.quota.match)}`;
  };
};

/** What the VM holds that it would hold again, or that would be free with the grant. */
const devicesMakingWay = (fleet: Fleet, vmId: string, given: ReadonlySet<string>, moves: boolean): readonly string[] =>
  fleet.hostsOf(vmId).flatMap((hostId) => {
    const host = fleet.host(hostId);
    const staying = new Set(host && !moves ? stillAttached(host, vmId, given).map(({ deviceId }) => deviceId) : []);
    return (host?.reservations.get(vmId)?.devices ?? []).flatMap(({ deviceId }) => (staying.has(deviceId) ? [] : [deviceId]));
  });
