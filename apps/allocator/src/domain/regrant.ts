import type { ReservedDevice } from '@vfleet/contracts';
import { parseWanted, unavailability, type Ask, type ChosenDevice, type DeviceObservation } from '@vfleet/pci';
import { toCatalog } from './catalog.js';
import type { Fleet, Refusal, Surroundings } from './decision.js';
import { attributesOn, circumstances, topology, type Host } from './host.js';
import type { Mover } from './move-target.js';
import type { Hold } from './moves.js';
import { overQuota } from './quota.js';
import { chooseWithinQuota } from './reserve.js';

/** What a VM holds on a host from now on. */
export interface Regrant {
  readonly kept: readonly ReservedDevice[];
  /** What it is given beside that. */
  readonly added: readonly ChosenDevice[];
}

/** What a VM is to have on a host: what it keeps, and what it asks for beside that. */
export interface Wanting {
  readonly keeps: readonly ReservedDevice[];
  readonly asks: readonly Ask[];
  readonly mover: Mover;
  /** It comes from elsewhere, with all it holds there. */
  readonly moves?: boolean;
}

type Granted = Regrant | { readonly refused: Refusal };

/**
 * More for a VM beside what it keeps on its host: everything is chosen together, so that no rule is broken between the two,
 * with what it keeps fixed to its places. What could not be given any more today is kept as it is.
 */
export const regrant = (fleet: Fleet, hold: Hold, wanting: Wanting, surroundings: Pick<Surroundings, 'compileWhere'>): Granted => {
  const { host, held } = hold;
  const { keeps, asks, mover, moves = false } = wanting;
  const around = circumstances(host, fleet.catalog().rules);
  const asking = { vmId: held.vmId, ...(mover.tenant !== undefined && { tenant: mover.tenant }), forPf: true, byAddress: true, forRemote: true };
  const own = keeps.filter(({ affected }) => !affected).flatMap(({ deviceId }) => host.devices.get(deviceId) ?? []);
  const fixed = own.filter((device) => !unavailability(device, around, asking));
  const pins = fixed.flatMap((device) => pin(fleet, device, surroundings));
  const choice = chooseWithinQuota(fleet, host, { ...mover, asks: [...pins, ...asks] }, moves);
  if ('refused' in choice) return choice;
  const unfixed = own.filter((device) => !fixed.includes(device));
  const refused = unfixed.length > 0 ? clash(fleet, hold, wanting, { chosen: choice.chosen, unfixed }) : undefined;
  return refused ? { refused } : merge(host, wanting, { chosen: choice.chosen, unfixed });
};

interface Chosen {
  readonly chosen: readonly ChosenDevice[];
  /** Kept, though it could not be given any more: the choice does not know of it. */
  readonly unfixed: readonly DeviceObservation[];
}

/** What was chosen may belong with what is kept beside the choice, or take more of a quota than is left with it. */
const clash = (fleet: Fleet, { host, held }: Hold, { keeps, mover, moves = false }: Wanting, { chosen, unfixed }: Chosen): Refusal | undefined => {
  const taken = new Set(chosen.map(({ device }) => device.deviceId));
  const along = stayingAlong(host, unfixed);
  const staying = keeps.flatMap(({ deviceId }) => (along.has(deviceId) ? (host.devices.get(deviceId) ?? []) : []));
  const rival = staying.find((device) =>
    topology(host)
      .rivalsOf(device)
      .some(({ deviceId }) => taken.has(deviceId)),
  );
  if (rival) return { code: 'UNSATISFIABLE', message: `what is left belongs with ${rival.address}, which ${held.vmId} holds`, unmet: [] };
  const devices = [...unfixed, ...chosen.map(({ device }) => device)];
  return overQuota(fleet, { vmId: held.vmId, tenant: mover.tenant, devices, moves }, attributesOn(host, fleet.catalog().rules));
};

const merge = (host: Host, { keeps, asks }: Wanting, { chosen, unfixed }: Chosen): Regrant => {
  const known = new Set(keeps.map(({ deviceId }) => deviceId));
  const asked = new Set(asks.map(({ requestName }) => requestName));
  const added = chosen.filter(({ device, requestName, affected }) => (asked.has(requestName) && !affected) || !known.has(device.deviceId));
  const taken = new Set(added.map(({ device }) => device.deviceId));
  const stays = new Set([...chosen.map(({ device }) => device.deviceId), ...stayingAlong(host, unfixed)]);
  return { kept: keeps.filter(({ deviceId }) => !taken.has(deviceId) && stays.has(deviceId)), added };
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
