import { isDeepStrictEqual } from 'node:util';
import { FleetMemory } from '@vfleet/allocator/fleet-memory';
import type { StoredEvent } from '../store/tables.js';
import type { Complain } from './log-check.js';

/** I8 for what the allocator decides by: its memory is what the log folds to. Marks are no part of the log. */
export const compareMemory = (memory: FleetMemory, events: readonly StoredEvent[], complain: Complain): void => {
  const anew = new FleetMemory();
  for (const { stream, version, type, data } of events) anew.apply(stream, version, { type, data });
  anew.commit();
  for (const hostId of anew.hostIds()) {
    const { seen: _, ...kept } = memory.host(hostId) ?? {};
    const { seen: __, ...folded } = anew.host(hostId) ?? {};
    if (!isDeepStrictEqual(plain(kept), plain(folded))) complain('I8', `the allocator knows ${hostId} otherwise than the log`);
  }
};

/** Whether a memory has every event; those of moves are not kept in it. */
export const isCaughtUp = (memory: FleetMemory, heads: ReadonlyMap<string, number>): boolean =>
  [...heads].every(([stream, version]) => stream.startsWith('migration-') || memory.version(stream) === version);

/** Undefined fields are none, and keys have no order. */
const plain = (value: unknown): unknown => {
  if (value instanceof Map) return [...value].map(([key, inner]) => [key, plain(inner)]).sort(byKey);
  if (value instanceof Set) return [...value].sort((a, b) => (String(a) < String(b) ? -1 : 1));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, plain(inner)]])));
};

const byKey = ([a]: readonly unknown[], [b]: readonly unknown[]): number => (String(a) < String(b) ? -1 : 1);
