import type { VmReportOutcome } from '@vfleet/contracts';
import type { FaultRow, Outcome } from '../fault-row.js';
import type { Acknowledged } from '../findings.js';
import { residentMib } from '../load/memory.js';
import { examine } from '../read-log.js';
import type { Stage } from '../stage.js';
import { hurry, slow, SLOW_MS } from '../slow-commits.js';
import { copied, idle, toOutcome } from '../under-fault.js';
import { makeFleet, startingVm, startVms } from '../vm-load.js';

const VMS = 1_200;
const ANSWER_MS = 60_000;
/** Growth of the allocator's memory that a bounded queue explains. */
const MOST_MIB = 128;
/** Commands that may wait: few, so that a burst goes beyond it. */
const FEW = '100';
/** The guard taken out: as many as the setting admits. */
const ALL = '1000000';

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
  await stage.database.query(slow);
  const before = residentMib(allocator.program().process.pid ?? 0);
  const first = await burst(stage);
  const grown = Math.round(residentMib(allocator.program().process.pid ?? 0) - before);
  await stage.database.query(hurry);
  const rest = await startVms(stage, { vms: VMS });
  await copied(stage);
  const outcome = toOutcome(first.acknowledged.length + rest.length, await examine(stage, [...first.acknowledged, ...rest]));
  const note = `${first.refused} of ${VMS} told to come again, p99 of the others ${first.p99Ms} ms, memory grew by ${grown} MiB`;
  return { ...outcome, kept: outcome.kept && first.refused > 0 && grown < MOST_MIB, note: outcome.note ?? note };
};

export const row: FaultRow = {
  number: 13,
  fault: `each commit of PostgreSQL takes ${SLOW_MS} ms`,
  promise: 'what is too much is told to come again, memory stays bounded, nothing is lost',
  quick: false,
  run: (stage) => underBurst(stage, FEW),
  control: (stage) => underBurst(stage, ALL),
};
