import { createHash } from 'node:crypto';
import type { ShownDevice } from './host-picture.js';

/**
 * Devices that nothing tells apart that a fleet is counted by: their kind, ids, abilities, tags, state. Not what is each
 * device's own: its address, its IOMMU group, its parent, its holder.
 */
export interface Pool {
  /** Hash of the rest. */
  readonly pool: string;
  readonly observation: Readonly<Record<string, unknown>>;
  readonly traits: Readonly<Record<string, unknown>>;
  readonly state: ShownDevice['state'];
  readonly eligible: boolean;
}

/** Devices that have come to a pool, or gone from it. */
export interface PoolChange {
  readonly pool: Pool;
  readonly delta: number;
}

/** What of an observation pools are told apart by, beside the tags. */
export const POOLED = [
  'kind',
  'vendorId',
  'productId',
  'subsystemVendorId',
  'subsystemProductId',
  'class',
  'name',
  'driver',
  'functionType',
  'numaNode',
  'liveMigratable',
] as const satisfies readonly (keyof ShownDevice['observation'])[];
export const POOLED_TRAITS = [
  'model',
  'deviceType',
  'pf',
  'physicalNetwork',
  'linkType',
  'speedMbps',
] as const satisfies readonly (keyof ShownDevice['traits'])[];

/** Pools that were made before: a fleet has few, and each is needed for many devices. */
const known = new Map<string, Pool>();
const MAX_KNOWN = 20_000;

/** The pool that a device counts in; undefined for one that is not there any more. */
export const poolOf = ({ observation, traits, state, eligible, presence }: ShownDevice): Pool | undefined => {
  if (presence === 'removed') return undefined;
  const tags = Object.keys(observation.tags).sort();
  const text = JSON.stringify([
    POOLED.map((key) => observation[key] ?? null),
    POOLED_TRAITS.map((key) => traits[key] ?? null),
    tags.map((key) => [key, observation.tags[key]]),
    state,
    eligible,
  ]);
  const made = known.get(text);
  if (made) return made;
  if (known.size >= MAX_KNOWN) known.clear();
  const pool: Pool = {
    pool: createHash('sha256').update(text).digest('base64url'),
    observation: { ...pick(observation, POOLED), tags: observation.tags },
    traits: pick(traits, POOLED_TRAITS),
    state,
    eligible,
  };
  known.set(text, pool);
  return pool;
};

const pick = <From extends object>(from: From, keys: readonly (keyof From)[]): Record<string, unknown> =>
  Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])));

/** Counts of the pools of one host that devices have come to and gone from. */
export class PoolCounts {
  private readonly pools = new Map<string, Pool>();
  private readonly deltas = new Map<string, { readonly pool: Pool; delta: number }>();

  /** A device that was counted before. */
  begin(deviceId: string, pool: Pool | undefined): void {
    if (pool) this.pools.set(deviceId, pool);
  }

  move(deviceId: string, to: Pool | undefined): void {
    const from = this.pools.get(deviceId);
    if (from?.pool === to?.pool) return;
    if (from) this.add(from, -1);
    if (to) this.add(to, 1);
    if (to) this.pools.set(deviceId, to);
    else this.pools.delete(deviceId);
  }

  /** Changes since they were taken last. */
  take(): readonly PoolChange[] {
    const changes = [...this.deltas.values()].filter(({ delta }) => delta !== 0);
    this.deltas.clear();
    return changes;
  }

  private add(pool: Pool, by: number): void {
    const entry = this.deltas.get(pool.pool);
    if (entry) entry.delta += by;
    else this.deltas.set(pool.pool, { pool, delta: by });
  }
}
