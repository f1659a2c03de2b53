import { setImmediate } from 'node:timers/promises';
import type { Candidate, CandidateList } from '@vfleet/contracts';
import type { Wish } from '@vfleet/pci';
import type { Refusal } from './domain/decision.js';
import { scoreOf } from './domain/fit.js';
import type { Host } from './domain/host.js';
import { obstacleOfUnmet } from './domain/obstacle.js';
import { toReserved } from './domain/reservation.js';
import { chooseWithinQuota } from './domain/reserve.js';
import type { Ranked } from './fleet-index/fleet-index.js';
import type { FleetMemory } from './fleet-memory.js';

/** Devices that one answer names, so that it stays below what the bus carries: 1 MiB. */
const MAX_DEVICES = 4_096;
/** How long choosing may keep others waiting that want something of the fleet, and how long it may take in all, in milliseconds. */
const AT_A_TIME_MS = 10;
const IN_ALL_MS = 2_000;

export interface ListOptions {
  readonly limit: number;
  /** Only these; undefined for the whole fleet. */
  readonly hostIds?: readonly string[];
}

/**
 * Hosts that can serve a wish, each with the devices that it would give, best first. Devices are really chosen, until
 * there are enough hosts; hosts after that are neither candidates nor rejected. Those that the time did not allow to be
 * looked at count as rejected with SEARCH_LIMIT.
 */
export const listCandidates = async (fleet: FleetMemory, wish: Wish, { limit, hostIds }: ListOptions): Promise<CandidateList> => {
  const { fits, obstacles } = fleet.rank(wish, { wanted: limit, ...(hostIds && { hostIds }) });
  const rejected = obstacles();
  const reject = (code: string, hosts = 1): void => void rejected.set(code, (rejected.get(code) ?? 0) + hosts);
  const items: Candidate[] = [];
  const end = performance.now() + IN_ALL_MS;
  let pause = performance.now() + AT_A_TIME_MS;
  let devices = 0;
  for (const ranked of fits) {
    if (items.length === limit || devices >= MAX_DEVICES) break;
    if (performance.now() > end) {
      reject('SEARCH_LIMIT');
      continue;
    }
    if (performance.now() > pause) {
      await setImmediate();
      pause = performance.now() + AT_A_TIME_MS;
    }
    const choice = choose(fleet, wish, ranked);
    if ('refused' in choice) {
      reject(codeOf(choice.refused));
      continue;
    }
    items.push({ hostId: ranked.hostId, devices: choice.chosen.map(toReserved), score: scoreOf(ranked.harm, wish.strategy) });
    devices += choice.chosen.length;
  }
  const unknown = [...new Set(hostIds)].filter((hostId) => !fleet.host(hostId)).length;
  if (unknown > 0) reject('HOST_UNKNOWN', unknown);
  return { items, rejected: toRejected(rejected) };
};

/** What a quota lets through changes with what is held on other hosts; everything else is the host's own. */
const choose = (fleet: FleetMemory, wish: Wish, { hostId, remembered }: Ranked): ReturnType<typeof chooseWithinQuota> => {
  const make = (): ReturnType<typeof chooseWithinQuota> => chooseWithinQuota(fleet, fleet.host(hostId) as Host, wish);
  return fleet.catalog().quotasOf.has(wish.tenant ?? '') ? make() : remembered(make);
};

const codeOf = ({ code, unmet }: Refusal): string => (unmet ? obstacleOfUnmet(unmet as Parameters<typeof obstacleOfUnmet>[0]) : code);

/** The most frequent first, of equals by name. */
const toRejected = (reasons: ReadonlyMap<string, number>): CandidateList['rejected'] => ({
  hosts: [...reasons.values()].reduce((sum, hosts) => sum + hosts, 0),
  reasons: Array.from(reasons, ([code, hosts]) => ({ code, hosts })).sort((a, b) => b.hosts - a.hosts || (a.code < b.code ? -1 : 1)),
});
