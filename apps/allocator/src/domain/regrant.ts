import type { ReservedDevice } from '@vfleet/contracts';
import { parseWanted, unavailability, type Ask, type ChosenDevice, type DeviceObservation } from '@vfleet/pci';
import { toCatalog } from './catalog.js';
import type { Fleet, Refusal, Surroundings } from './decision.js';
import { circumstances, topology, type Host } from './host.js';
import type { Mover } from './move-target.js';
import type { Hold } from './moves.js';
import { chooseWithinQuota } from './reserve.js';

/** What a VM holds on a host from now on. */
export interface Regrant {
  readonly kept: readonly ReservedDevice[];
  /** What it is given beside that. */
  readonly added: readonly ChosenDevice[];
}

/**
 * More for a VM beside what it keeps on its host: everything is chosen together, so that no rule is broken between the two,
 * with what it keeps fixed to its places. What could not be given any more today is kept as it is.
 */
export const regrant = (
  fleet: Fleet,
  { host, held }: Hold,
  {
    keeps,
    asks,
    mover,
    moves = false,
  }: { readonly keeps: readonly ReservedDevice[]; readonly asks: readonly Ask[]; readonly mover: Mover; readonly moves?: boolean },
  surroundings: Pick<Surroundings, 'compileWhere'>,
): Regrant | { readonly refused: Refusal } => {
  const around = circumstances(host, fleet.catalog().models);
  const asking = { vmId: held.vmId, ...(mover.tenant !== undefined && { tenant: mover.tenant }), forPf: true, byAddress: true };
  const own = keeps.filter(({ affected }) => !affected).flatMap(({ deviceId }) => host.devices.get(deviceId) ?? []);
  const fixed = own.filter((device) => !unavailability(device, around, asking));
  const pins = fixed.flatMap((device) => pin(fleet, device, surroundings));
  const choice = chooseWithinQuota(fleet, host, { ...mover, asks: [...pins, ...asks] }, moves);
  if ('refused' in choice) return choice;
  const byId = new Map(keeps.map((device) => [device.deviceId, device]));
  const asked = new Set(asks.map(({ requestName }) => requestName));
  const isNew = ({ device, requestName, affected }: ChosenDevice): boolean => (asked.has(requestName) && !affected) || !byId.has(device.deviceId);
  const added = choice.chosen.filter(isNew);
  const taken = new Set(added.map(({ device }) => device.deviceId));
  const unfixed = own.filter((device) => !fixed.includes(device));
  const rival = unfixed.find((device) => around.topology.rivalsOf(device).some(({ deviceId }) => taken.has(deviceId)));
  if (rival)
    return { refused: { code: 'UNSATISFIABLE', message: `what is left belongs with ${rival.address}, which ${held.vmId} holds`, unmet: [] } };
  const chosen = new Set(choice.chosen.map(({ device }) => device.deviceId));
  const stays = stayingAlong(host, unfixed);
  return { kept: keeps.filter(({ deviceId }) => !taken.has(deviceId) && (chosen.has(deviceId) || stays.has(deviceId))), added };
};

/** One device, and no other. */
const pin = (
  fleet: Fleet,
  { deviceId, kind, address, functionType }: DeviceObservation,
  { compileWhere }: Pick<Surroundings, 'compileWhere'>,
): readonly Ask[] => {
  const match = { kind, address, ...(functionType === 'pf' && { functionType }) };
  const parsed = parseWanted({ devices: [{ name: `held ${deviceId}`, match }] }, { catalog: toCatalog(fleet.catalog()), compileWhere });
  return 'asks' in parsed ? parsed.asks : [];
};

/** Some devices, and what is in an IOMMU group with them. */
const stayingAlong = (host: Host, devices: readonly DeviceObservation[]): ReadonlySet<string> =>
  new Set(devices.flatMap((device) => [device, ...topology(host).groupOf(device)].map(({ deviceId }) => deviceId)));
