import type { PlanMove } from '@vfleet/contracts';
import { narrowedTo, parseWanted, type Alternative, type Ask, type DeviceRequest } from '@vfleet/pci';
import { toCatalog } from './catalog.js';
import type { Fleet, Surroundings } from './decision.js';
import { IMPOSSIBLE, replacementRequest } from './move-request.js';
import { canStayAttached, type MovingDevice } from './moving-device.js';

/** What is asked of a target for some devices of a moving VM. */
export interface MoveAsk {
  readonly ask: Ask;
  /** In the order of addresses; as many as the ask asks for. */
  readonly devices: readonly MovingDevice[];
  /** The VM may go without them. */
  readonly optional: boolean;
}

/** Links of original requests count from 0: those that are made here are kept apart from them. */
const FIRST_LINK = 1_000;

/**
 * Asks for what would do in the place of a VM's devices. Devices of one request that need the same stay one ask, so that
 * what they share or differ in holds on the target too; those that the VM may go without are asked for one by one. What
 * can stay attached is asked for such as can take over live first.
 */
export const moveAsks = (
  fleet: Fleet,
  devices: readonly MovingDevice[],
  surroundings: Pick<Surroundings, 'compileWhere'>,
  mode?: PlanMove['mode'],
): readonly MoveAsk[] => {
  const groups = new Map<string, { request: DeviceRequest | undefined; devices: MovingDevice[] }>();
  for (const moving of devices) {
    const request = replacementRequest(moving, fleet);
    const alone = moving.policy.onNoTarget === 'detach' ? moving.device.deviceId : '';
    const key = JSON.stringify([moving.held.requestName, alone, request]);
    const group = groups.get(key);
    if (group) group.devices.push(moving);
    else groups.set(key, { request, devices: [moving] });
  }
  const all = [...groups.values()];
  return all.map(({ request, devices: some }) => {
    const [first] = some as [MovingDevice, ...MovingDevice[]];
    const parts = all.filter((other) => other.devices[0]?.held.requestName === first.held.requestName);
    const requestName = parts.length > 1 ? `${first.held.requestName} (${first.device.address})` : first.held.requestName;
    const ways = request ? parse(fleet, withSharing(request, first, some.length), surroundings) : counted(first.ask as Ask, some.length);
    const alternatives = some.every((moving) => canStayAttached(moving, mode)) ? liveFirst(ways) : ways;
    const link = linkOf(first, parts.length > 1, all.indexOf(parts[0] as (typeof all)[number]));
    const ask = toAsk(requestName, alternatives, link);
    return { ask, devices: some, optional: first.policy.onNoTarget === 'detach' };
  });
};

const liveFirst = (ways: Ask['alternatives']): Ask['alternatives'] => [...ways.map((way) => narrowedTo(way, { liveMigratable: true })), ...ways];

const withSharing = (request: DeviceRequest, { alternative }: MovingDevice, count: number): DeviceRequest => ({
  ...request,
  count,
  ...(alternative && alternative.together.length > 0 && { together: alternative.together }),
  ...(alternative && alternative.apart.length > 0 && { apart: alternative.apart }),
});

/** An address map may say what is no address; such a device has no counterpart. */
const parse = (fleet: Fleet, request: DeviceRequest, { compileWhere }: Pick<Surroundings, 'compileWhere'>): Ask['alternatives'] => {
  const language = { catalog: toCatalog(fleet.catalog()), compileWhere };
  for (const one of [request, { ...IMPOSSIBLE, ...(request.count !== undefined && { count: request.count }) }]) {
    const parsed = parseWanted({ devices: [one] }, language);
    if ('asks' in parsed) return (parsed.asks[0] as Ask).alternatives;
  }
  return [];
};

/** The ways of the original request that serve as many devices as the VM has of it. */
const counted = ({ alternatives }: Ask, count: number): readonly Alternative[] => {
  const fitting = alternatives.filter((one) => one.count === 'all' || one.count === count);
  return (fitting.length > 0 ? fitting : alternatives).map((one) => ({ ...one, count }));
};

/** Parts of one request share and differ together, as they did when they were given. */
const linkOf = ({ ask, alternative }: MovingDevice, several: boolean, place: number): number | undefined => {
  const sharing = alternative && (alternative.together.length > 0 || alternative.apart.length > 0);
  return ask?.link ?? (several && sharing ? FIRST_LINK + place : undefined);
};

const toAsk = (requestName: string, alternatives: Ask['alternatives'], link: number | undefined): Ask => ({
  requestName,
  alternatives: link === undefined ? alternatives : alternatives.map((one) => ({ ...one, linked: true as const })),
  key: JSON.stringify([alternatives.map(describe), link !== undefined]),
  ...(link !== undefined && { link }),
});

/** Everything that tells one way of asking from another. */
const describe = ({ conditions, count, forPf, byAddress, forRemote, numaPolicy, together, apart }: Alternative): readonly unknown[] => [
  conditions.map(({ key }) => key),
  count,
  forPf,
  byAddress,
  forRemote,
  numaPolicy,
  together,
  apart,
];
