import type { Alternative, Wish } from './ask.js';
import { isRemote, TENANT_TAG, unavailability } from './availability.js';
import type { ChosenDevice } from './choose.js';
import { companionship, exclusions } from './companions.js';
import type { DeviceObservation } from './device.js';
import { otherHolder, type Circumstances } from './eligibility.js';
import { inAddressOrder, leastHarmFirst } from './ranking.js';
import { attributesOn, rememberedKeeping } from './survey.js';

/** A device that a request accepts on a host on which nobody holds anything. */
interface Candidate {
  readonly device: DeviceObservation;
  /** Whose holder matters to it beside its own: what excludes it, its group and what excludes that. */
  readonly concerns: readonly string[];
}

/** What a request finds on a host whatever is held there; made once for each state of its hardware. */
interface Prospect {
  /** Least harm first, where nobody holds anything. */
  readonly free: readonly Candidate[];
  /** The others that it accepts: a rule that keeps them from a VM may be lifted where the VM holds them already. */
  readonly rest: readonly string[];
  /** All of them are VFs: which PF is fullest depends on what is held. */
  readonly vfs: boolean;
}

const NOBODY: ReadonlyMap<string, string> = new Map();
const NO_VM = '';
/** Requests that are remembered for one state of a host's hardware. */
const REMEMBERED = 32;

const prospects = new WeakMap<object, Map<string, Prospect | undefined>>();

/**
 * The devices of a wish that asks for a number of devices of one kind and nothing else, as `chooseDevices` would choose
 * them; undefined where it takes more than a look at who holds what: devices that exclude each other or go along with each
 * other, anything of the VM's own, or too few that are free. Most wishes of most fleets are of this kind, and what does
 * not depend on holders is remembered for them.
 */
export const quickChoice = (host: Circumstances, wish: Wish): readonly ChosenDevice[] | undefined => {
  const [ask, another] = wish.asks;
  const alternative = ask?.alternatives[0];
  if (!ask || another || !alternative || !host.still || !isPlain(alternative, ask.alternatives.length, wish)) return undefined;
  const prospect = prospectOf(host, host.still, ask.key, alternative);
  const count = alternative.count as number;
  const free = prospect && freeOf(prospect, host, wish.vmId, prospect.vfs ? Number.POSITIVE_INFINITY : count);
  if (!prospect || !free || free.length < count) return undefined;
  const best = (prospect.vfs ? fullestFirst(free, host, wish) : free).slice(0, count);
  return inAddressOrder(
    best.map(({ device }) => ({ device, requestName: ask.requestName, affected: false, alternative })),
    host.topology,
  );
};

const isPlain = (
  { count, together, apart }: Alternative,
  alternatives: number,
  { numaNodes = [], tenant, objection, strategy = 'pack' }: Wish,
): boolean =>
  alternatives === 1 &&
  strategy === 'pack' &&
  count !== 'all' &&
  together.length + apart.length + numaNodes.length === 0 &&
  tenant === undefined &&
  !objection;

/** Candidates of which nothing that matters is held, as many as are wanted; undefined where the VM itself may hold some of that. */
const freeOf = ({ free, rest }: Prospect, { holders, holds }: Circumstances, vmId: string, wanted: number): readonly Candidate[] | undefined => {
  if (holders.size === 0) return free;
  const isOwn = holds?.(vmId) === false ? undefined : (deviceId: string): boolean => holders.get(deviceId) === vmId;
  if (isOwn && (rest.some(isOwn) || free.some(({ device, concerns }) => isOwn(device.deviceId) || concerns.some(isOwn)))) return undefined;
  const left: Candidate[] = [];
  for (const candidate of free) {
    if (left.length >= wanted) break;
    if (!holders.has(candidate.device.deviceId) && !candidate.concerns.some((deviceId) => holders.has(deviceId))) left.push(candidate);
  }
  return left;
};

/** VFs of the fullest PF that somebody uses already, then of PFs that would be broken into. */
const fullestFirst = (free: readonly Candidate[], host: Circumstances, wish: Wish): readonly Candidate[] => {
  const packs = new Map<string | undefined, { readonly vfs: Candidate[]; readonly rank: readonly [number, number, number] }>();
  for (const candidate of free) {
    const { parentDeviceId } = candidate.device;
    const known = packs.get(parentDeviceId);
    if (known) known.vfs.push(candidate);
    else packs.set(parentDeviceId, { vfs: [candidate], rank: rankOf(candidate.device, host, wish) });
  }
  return [...packs.values()].sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2]).flatMap(({ vfs }) => vfs);
};

const rankOf = (vf: DeviceObservation, host: Circumstances, { vmId }: Wish): readonly [number, number, number] => {
  const { topology, holders } = host;
  const pf = topology.pfOf(vf);
  const all = pf ? topology.vfsOf(pf) : [];
  let free = 0;
  let first = Number.MAX_SAFE_INTEGER;
  let touched = false;
  for (const one of all) {
    touched ||= holders.has(one.deviceId);
    if (otherHolder(host, one, vmId) !== undefined) continue;
    free += 1;
    first = Math.min(first, topology.placeOf(one));
  }
  return [touched ? 0 : 1, free, first];
};

const prospectOf = (host: Circumstances, still: object, key: string, alternative: Alternative): Prospect | undefined => {
  const known = prospects.get(still) ?? new Map<string, Prospect | undefined>();
  prospects.set(still, known);
  if (known.has(key)) return known.get(key);
  const [oldest] = known.keys();
  if (known.size >= REMEMBERED && oldest !== undefined) known.delete(oldest);
  const made = look(host, alternative);
  known.set(key, made);
  return made;
};

/** Undefined where devices exclude each other, go along with each other, are kept by a tag, or are ranked by more than their PF. */
const look = (host: Circumstances, { accepts, onlyNamed, forPf, byAddress, forRemote }: Alternative): Prospect | undefined => {
  const quiet: Circumstances = { ...host, holders: NOBODY };
  const { topology } = quiet;
  const kept = rememberedKeeping(quiet, NO_VM);
  const along = companionship(quiet, kept);
  const attributesOf = attributesOn(quiet);
  const accepted =
    onlyNamed === undefined ? [...topology.devices.values()].filter((device) => accepts(attributesOf(device))) : topology.named(onlyNamed);
  const free = accepted.filter((device) => !unavailability(device, quiet, { vmId: NO_VM, forPf, byAddress, forRemote }, kept));
  const excludes = exclusions(free, along);
  const vfs = free.length > 0 && free.every((device) => device.functionType === 'vf' && topology.pfOf(device) !== undefined);
  if (!vfs && free.some((device) => topology.pfOf(device) !== undefined)) return undefined;
  if (free.some((device) => excludes(device).length > 0 || along.movable(device).some((member) => member !== device))) return undefined;
  const isKept = (one: DeviceObservation): boolean => one.tags[TENANT_TAG] !== undefined || isRemote(one);
  if (accepted.some((device) => [device, ...topology.groupOf(device)].some(isKept))) return undefined;
  if (vfs && new Set(free.map(abilitiesOf)).size > 1) return undefined;
  const ordered = leastHarmFirst(free, quiet, { vmId: NO_VM }, along);
  const rest = accepted.filter((device) => !free.includes(device)).map(({ deviceId }) => deviceId);
  return { free: ordered.map((device) => ({ device, concerns: concernsOf(device, quiet) })), rest, vfs };
};

const abilitiesOf = ({ liveMigratable, tags }: DeviceObservation): number => Number(liveMigratable === true) + Object.keys(tags).length;

/** Nothing for most devices; the same nothing, for there are very many of them. */
const concernsOf = (device: DeviceObservation, { topology }: Circumstances): readonly string[] => {
  const near = [device, ...topology.groupOf(device)];
  const ids = new Set([...near, ...near.flatMap(topology.rivalsOf)].map(({ deviceId }) => deviceId));
  ids.delete(device.deviceId);
  return ids.size === 0 ? NOTHING : [...ids];
};

const NOTHING: readonly string[] = [];
