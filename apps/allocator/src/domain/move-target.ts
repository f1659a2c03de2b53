import type { ChosenDevice, Wish } from '@vfleet/pci';
import type { Fleet, Refusal } from './decision.js';
import type { Host } from './host.js';
import type { MoveAsk } from './move-asks.js';
import { chooseWithinQuota } from './reserve.js';

/** What a target would give a moving VM. */
export interface Landing {
  readonly hostId: string;
  /** Asks that are served; an optional one that is not here cannot be. */
  readonly served: readonly MoveAsk[];
  /** What goes along with its IOMMU group included. */
  readonly chosen: readonly ChosenDevice[];
}

/** The VM, without what it asks for. */
export type Mover = Omit<Wish, 'asks'>;

type Landed = Landing | { readonly refused: Refusal };

/** All that a VM needs on one host; of what it may go without as much as there is. */
export const landOn = (fleet: Fleet, host: Host, mover: Mover, asks: readonly MoveAsk[]): Landed => {
  const choose = (some: readonly MoveAsk[]): Landed => {
    if (some.length === 0) return { hostId: host.hostId, served: [], chosen: [] };
    const choice = chooseWithinQuota(fleet, host, wishOf(mover, some), true);
    return 'refused' in choice ? { refused: explained(choice.refused, some) } : { hostId: host.hostId, served: some, chosen: choice.chosen };
  };
  const everything = choose(asks);
  if ('served' in everything || !asks.some(({ optional }) => optional)) return everything;
  let best = choose(asks.filter(({ optional }) => !optional));
  for (const one of asks) {
    if ('refused' in best) return best;
    if (!one.optional) continue;
    const more = choose([...best.served, one]);
    if ('served' in more) best = more;
  }
  return best;
};

/** The best host that takes the VM, itself left out; with as much as there is of what it may go without. */
export const findLanding = (fleet: Fleet, sourceHostId: string | undefined, mover: Mover, asks: readonly MoveAsk[]): Landed => {
  const required = asks.filter(({ optional }) => !optional);
  let nearest: Refusal | undefined;
  for (const some of required.length < asks.length ? [asks, required] : [asks])
    for (const hostId of fleet.hostsFor(wishOf({ ...mover, vmId: NOBODY }, some))) {
      const host = fleet.host(hostId);
      if (!host || hostId === sourceHostId || !isOpen(host)) continue;
      const landed = landOn(fleet, host, mover, some === asks ? some.map(demanded) : asks);
      if ('served' in landed) return landed;
      nearest ??= landed.refused;
    }
  return { refused: nearest ?? nearestMiss(fleet, sourceHostId, mover, asks) };
};

/** Hosts that are looked at only to say what is missing. */
const MAX_EXPLAINED = 16;

/** No host has enough by its counts: of some of them, the one that lacks least says what is missing. */
const nearestMiss = (fleet: Fleet, sourceHostId: string | undefined, mover: Mover, asks: readonly MoveAsk[]): Refusal => {
  const refusals: Refusal[] = [];
  for (const hostId of fleet.hostIds()) {
    const host = fleet.host(hostId);
    if (!host || hostId === sourceHostId || !isOpen(host)) continue;
    const landed = landOn(fleet, host, mover, asks);
    if ('refused' in landed) refusals.push(landed.refused);
    if (refusals.length === MAX_EXPLAINED) break;
  }
  const [least] = refusals.sort((a, b) => lacking(a) - lacking(b));
  return least ?? { code: 'UNSATISFIABLE', message: 'no other host is online and takes new VMs' };
};

const lacking = ({ unmet = [] }: Refusal): number =>
  unmet.reduce((sum, { asked, free, matched }) => sum + 2 * asked - free - Math.min(asked, matched), 0);

/** The first round looks for a host that has everything. */
const demanded = (ask: MoveAsk): MoveAsk => ({ ...ask, optional: false });

/** A VM that holds nothing: where the mover is now is not the better for it. */
const NOBODY = '';

const isOpen = ({ status, draining }: Host): boolean => status !== 'stale' && status !== 'offline' && !draining;

const wishOf = (mover: Mover, asks: readonly MoveAsk[]): Wish => ({ ...mover, asks: asks.map(({ ask }) => ask) });

/** Characters of a sentence that names what is missing. */
const MAX_MESSAGE = 2_000;

/** What is missing, in words that name what was looked for. */
const explained = (refusal: Refusal, asks: readonly MoveAsk[]): Refusal => {
  const parts = (refusal.unmet ?? []).map(({ requestName, asked, free, reasons }) => {
    const ways = asks.find(({ ask }) => ask.requestName === requestName)?.ask.alternatives ?? [];
    const looked = ways.map(({ conditions }) => conditions.map(({ text }) => text).join(', ')).join('; or ');
    const because = reasons.map(({ code, example }) => `${code} (${example})`);
    return `${requestName}: ${free} of ${asked} free with ${looked}: ${because.join(', ')}`;
  });
  return parts.length === 0 ? refusal : { ...refusal, message: parts.join('. ').slice(0, MAX_MESSAGE) };
};
