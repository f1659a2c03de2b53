import { readFileSync } from 'node:fs';
import type { VmReportOutcome } from '@vfleet/contracts';
import type { FaultRow, Outcome } from '../fault-row.js';
import type { Acknowledged } from '../findings.js';
import { examine } from '../read-log.js';
import type { Stage } from '../stage.js';
import { copied, idle, toOutcome } from '../under-fault.js';
import { makeFleet, startingVm, startVms } from '../vm-load.js';

const VMS = 1_200;
const COMMIT_MS = 200;
const ANSWER_MS = 60_000;
/** Growth of the allocator's memory that a bounded queue explains. */
const MOST_MIB = 128;
/** Commands that may wait: few, so that a burst goes beyond it. */
const FEW = '100';
/** The guard taken out: as many as the setting admits. */
const ALL = '1000000';

/** Makes each append take as long as a slow disk would, while it holds the line for all others. */
const SLOW = `
create function public.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(${COMMIT_MS / 1_000}); return null; end $$;
create trigger slow after insert on journal.events for each statement execute function public.slow()`;

const residentMib = (pid: number | undefined): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

interface Burst {
  readonly acknowledged: readonly Acknowledged[];
  readonly refused: number;
  readonly p99Ms: number;
}

/** Reports all VMs at once; whoever is told to come again counts as refused. */
const burst = async (stage: Stage): Promise<Burst> => {
  const acknowledged: Acknowledged[] = [];
  const times: number[] = [];
  let refused = 0;
  const report = async (n: number): Promise<void> => {
    const asked = performance.now();
    const reply = await stage.nats.request('vfleet.api.vms.report', JSON.stringify(startingVm(n)), { timeout: ANSWER_MS });
    if (reply.headers?.get('Nats-Service-Error-Code') === '429') refused += 1;
    else {
      const { reservation } = reply.json<VmReportOutcome>();
      if (reservation) acknowledged.push({ vmId: startingVm(n).vmId, reservationId: reservation.reservationId });
      times.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: VMS }, (_, n) => report(n)));
  return { acknowledged, refused, p99Ms: Math.round(times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0) };
};

const underBurst = async (stage: Stage, mostWaiting: string): Promise<Outcome> => {
  const allocator = await stage.keepRunning('allocator', { VFLEET_ALLOCATOR_MAX_WAITING: mostWaiting });
  await makeFleet(stage);
  // What agents have told is no part of the burst.
  await idle(stage);
  await stage.database.query(SLOW);
  const before = residentMib(allocator.program().process.pid);
  const first = await burst(stage);
  const grown = Math.round(residentMib(allocator.program().process.pid) - before);
  await stage.database.query('drop trigger slow on journal.events');
  const rest = await startVms(stage, { vms: VMS });
  await copied(stage);
  const outcome = toOutcome(first.acknowledged.length + rest.length, await examine(stage, [...first.acknowledged, ...rest]));
  const note = `${first.refused} of ${VMS} told to come again, p99 of the others ${first.p99Ms} ms, memory grew by ${grown} MiB`;
  return { ...outcome, kept: outcome.kept && first.refused > 0 && grown < MOST_MIB, note: outcome.note ?? note };
};

export const row: FaultRow = {
  number: 13,
  fault: `each commit of PostgreSQL takes ${COMMIT_MS} ms`,
  promise: 'what is too much is told to come again, memory stays bounded, nothing is lost',
  quick: true,
  run: (stage) => underBurst(stage, FEW),
  control: (stage) => underBurst(stage, ALL),
};
