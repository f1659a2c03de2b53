import { factsTaken, until } from '@vfleet/testing';
import type { Acknowledged, Findings } from './findings.js';
import { firstFault, isClean } from './findings.js';
import type { Outcome } from './fault-row.js';
import { examine, isCopied } from './read-log.js';
import type { Stage } from './stage.js';
import { startVms, type VmLoad } from './vm-load.js';

const SETTLED_MS = 120_000;

/** Resolves when the copy holds everything that the journal holds. */
export const copied = ({ database, nats }: Pick<Stage, 'database' | 'nats'>): Promise<true> =>
  until('the stream to be complete', () => isCopied(database, nats), SETTLED_MS);

/** Resolves when every VM that somebody told of by a fact has been decided. */
export const decided = (stage: Stage, vms: number): Promise<true> =>
  until(
    'every fact to be decided',
    async () => {
      const { rows } = await stage.database.query<{ n: string }>('select count(*) as n from journal.claims');
      return Number(rows[0]?.n) >= vms;
    },
    SETTLED_MS,
  );

/** Resolves when no fact waits to be decided any more. */
export const idle = ({ nats }: Pick<Stage, 'nats'>, withinMs = SETTLED_MS): Promise<true> => factsTaken(nats, withinMs);

/** Makes an outcome of what the reader found. */
export const toOutcome = (acknowledged: number, findings: Findings, more: Partial<Outcome> = {}): Outcome => {
  const fault = firstFault(findings);
  return {
    acknowledged,
    lost: findings.lost.length,
    doubled: findings.doubled.length,
    kept: isClean(findings),
    ...(fault !== undefined && { note: fault }),
    ...more,
  };
};

/**
 * Starts VMs, strikes in their midst, waits until everything is decided and copied, and lets the reader judge. The time to heal
 * runs from the strike until all that was committed before it, and what came meanwhile, can be read from the stream again.
 */
export const underFault = async (stage: Stage, load: VmLoad, strike: () => Promise<void>): Promise<Outcome> => {
  let healed: Promise<number> | undefined;
  const acknowledged: readonly Acknowledged[] = await startVms(stage, {
    ...load,
    strike: () => {
      const struckAt = performance.now();
      healed = strike()
        .then(() => copied(stage))
        .then(() => Math.round(performance.now() - struckAt));
      // Waited for below, once the load has ended.
      healed.catch(() => undefined);
    },
  });
  const healMs = await healed;
  await decided(stage, (load.from ?? 0) + load.vms);
  await copied(stage);
  return toOutcome(acknowledged.length, await examine(stage, acknowledged), healMs === undefined ? {} : { healMs });
};
