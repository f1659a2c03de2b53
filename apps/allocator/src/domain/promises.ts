import type { DomainEvent } from '@vfleet/contracts';
import { ineligibility, parseWanted, type Alternative, type Attributes, type DeviceObservation, type DeviceRules } from '@vfleet/pci';
import { toCatalog } from './catalog.js';
import type { Fleet, Surroundings } from './decision.js';
import { attributesOn, circumstances, topology, type Host, type HostReservation } from './host.js';

/** Reasons that have events of their own, or that do not concern who holds a device. */
const TOLD_OTHERWISE: ReadonlySet<string> = new Set(['REMOVED', 'CORDONED', 'HOST_STALE']);

/**
 * What facts about a host break of what was promised to its VMs: isolation, eligibility, and what was asked for. The
 * holders keep their devices, and nothing is given twice; their owners must know.
 */
export const brokenPromises = (
  fleet: Fleet,
  before: Host,
  after: Host,
  changed: readonly string[],
  surroundings: Surroundings,
): readonly DomainEvent[] => {
  if (after.holders.size === 0 || changed.length === 0) return [];
  const { rules } = fleet.catalog();
  const held = [...neighbours(before, after, changed)].filter((deviceId) => after.holders.has(deviceId) && !after.missing.has(deviceId));
  return held.flatMap((deviceId) => {
    const promised = promiseOf(before, after, deviceId);
    if (!promised) return [];
    return [
      ...(changed.includes(deviceId) ? isolationLost(before, after, promised) : []),
      ...newlyIneligible(before, after, promised, rules),
      ...(changed.includes(deviceId) ? noLongerMatching(fleet, before, after, promised, surroundings) : []),
    ];
  });
};

interface Promised {
  readonly was: DeviceObservation;
  readonly is: DeviceObservation;
  readonly reservation: HostReservation;
}

const promiseOf = (before: Host, after: Host, deviceId: string): Promised | undefined => {
  const [was, is] = [before.devices.get(deviceId), after.devices.get(deviceId)];
  const reservation = after.reservations.get(after.holders.get(deviceId) ?? '');
  return was && is && reservation ? { was, is, reservation } : undefined;
};

/** What a change of some devices can touch: themselves, their groups before and after, and what belongs with them. */
const neighbours = (before: Host, after: Host, changed: readonly string[]): ReadonlySet<string> => {
  const touched = new Set(changed);
  for (const host of [before, after])
    for (const deviceId of changed) {
      const device = host.devices.get(deviceId);
      if (!device) continue;
      const { groupOf, rivalsOf } = topology(host);
      for (const one of [...groupOf(device), ...rivalsOf(device)]) touched.add(one.deviceId);
    }
  return touched;
};

const namesOf = (host: Host, { is, reservation: { vmId, reservationId } }: Promised) => ({
  vmId,
  hostId: host.hostId,
  reservationId,
  deviceId: is.deviceId,
  address: is.address,
});

/** Every VM that shares the group from now on is told. */
const isolationLost = (before: Host, after: Host, promised: Promised): readonly DomainEvent[] => {
  const { was, is } = promised;
  const { iommuGroup } = is;
  if (iommuGroup === null || was.iommuGroup === iommuGroup || after.description?.unsafeIommuGroups === true) return [];
  const members = topology(after).groupOf(is);
  const holders = [...new Set(members.flatMap(({ deviceId }) => after.holders.get(deviceId) ?? []))];
  if (holders.length < 2) return [];
  return holders.flatMap((vmId) => {
    const device = vmId === promised.reservation.vmId ? is : members.find(({ deviceId }) => after.holders.get(deviceId) === vmId);
    const theirs = device && promiseOf(before, after, device.deviceId);
    if (!theirs) return [];
    return [
      { type: 'IsolationLost' as const, data: { ...namesOf(after, theirs), iommuGroup, sharedWith: holders.filter((other) => other !== vmId) } },
    ];
  });
};

const newlyIneligible = (before: Host, after: Host, promised: Promised, rules: DeviceRules): readonly DomainEvent[] => {
  const known = new Set(ineligibility(promised.was, circumstances(before, rules)).map(({ code }) => code));
  return ineligibility(promised.is, circumstances(after, rules))
    .filter(({ code }) => !known.has(code) && !TOLD_OTHERWISE.has(code))
    .map(({ code, message }) => ({ type: 'PromiseBroken', data: { ...namesOf(after, promised), code, message } }));
};

const noLongerMatching = (fleet: Fleet, before: Host, after: Host, promised: Promised, surroundings: Surroundings): readonly DomainEvent[] => {
  const { was, is, reservation } = promised;
  const { rules } = fleet.catalog();
  const alternatives = askedFor(fleet, reservation, is.deviceId, surroundings);
  const accepts = (attributes: Attributes): boolean => alternatives.some((one) => one.accepts(attributes));
  if (!accepts(attributesOn(before, rules)(was)) || accepts(attributesOn(after, rules)(is))) return [];
  const message = 'it is not what was asked for any more';
  return [{ type: 'PromiseBroken', data: { ...namesOf(after, promised), code: 'NO_MATCH', message } }];
};

/** The alternatives of the request that a device serves; none for one that only goes along with its group. */
const askedFor = (
  fleet: Fleet,
  { requests, offering, devices }: HostReservation,
  deviceId: string,
  { compileWhere }: Pick<Surroundings, 'compileWhere'>,
): readonly Alternative[] => {
  const held = devices.find((device) => device.deviceId === deviceId);
  if (!held || held.affected) return [];
  const parsed = parseWanted(
    { devices: requests, ...(offering !== undefined && { offering }) },
    { catalog: toCatalog(fleet.catalog()), compileWhere },
  );
  return 'asks' in parsed ? (parsed.asks.find(({ requestName }) => requestName === held.requestName)?.alternatives ?? []) : [];
};
