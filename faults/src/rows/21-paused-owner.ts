import { publishHosts, until } from '@vfleet/testing';
import type { FaultRow, Outcome } from '../fault-row.js';
import { staleWrites } from '../holdings.js';
import { areThere, nextOwner, presentOwner, type Owner } from '../owner.js';
import { examine, readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { copied, decided, toOutcome } from '../under-fault.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';
import { DEVICES_PER_HOST, HOSTS, startVms } from '../vm-load.js';

const VMS = 900;
/** Of hosts that nothing else asks for: the one that wakes up would find their streams as it left them. */
const GIVEN_UP = ['given-up-1', 'given-up-2', 'given-up-3'];

const LEASE = 'libs/journal/dist/lease.js';
/** An owner that does not look whether it still is the owner, and whose number nobody checks. */
const GUARDS: readonly Guard[] = [
  { file: 'libs/journal/dist/append-statement.js', find: 'toValues(batch, fence)', replace: 'toValues(batch, undefined)' },
  { file: LEASE, find: 'if (rowCount === 0)', replace: 'if (false)' },
  { file: LEASE, find: 'return rowCount === 1;', replace: 'return true;' },
];

/** Asks the one that decides, which sleeps, and does not ask again. */
const askInVain = (stage: Stage): void => {
  GIVEN_UP.forEach((vmId, n) => {
    const wish = { vmId, hostId: `h${HOSTS + n}`, devices: [{ device: '10GE' }] };
    stage.nats.request('vfleet.api.reservations.reserve', JSON.stringify(wish), { timeout: 1_000 }).catch(() => undefined);
  });
};

const isGone = (pid: number): boolean => {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
};

const hasWrittenLate = async (stage: Stage): Promise<boolean> => staleWrites(await readEvents(stage.database)).length > 0;

interface Sleeper extends Owner {
  /** When it fell asleep, on the monotonic clock. */
  readonly asleepFrom: number;
}

/** Looks for the owner at the last moment: one that was only slow may have lost its lease, and may not know it. */
const fallAsleep = async (stage: Stage): Promise<Sleeper> => {
  const owner = await presentOwner(stage);
  process.kill(owner.pid, 'SIGSTOP');
  askInVain(stage);
  return { ...owner, asleepFrom: performance.now() };
};

/** One of two allocators sleeps while the other starts VMs, wakes up with what it was asked before, and ends or goes on. */
const sleepAndWake = async (stage: Stage, environment: NodeJS.ProcessEnv, struck: 'under load' | 'at rest'): Promise<Outcome> => {
  await stage.keepRunning('allocator', environment);
  await publishHosts(stage.nats, HOSTS + GIVEN_UP.length, DEVICES_PER_HOST);
  await stage.keepRunning('allocator', environment);
  await areThere(stage, 'standing by', 1);
  let falling: Promise<Sleeper> | undefined;
  const strike = (): void => {
    falling = fallAsleep(stage);
    falling.catch(() => undefined);
  };
  const first = await startVms(stage, { vms: VMS / 2, told: 'both', ...(struck === 'under load' && { strike }) });
  await decided(stage, VMS / 2);
  const owner = await (falling ?? fallAsleep(stage));
  await nextOwner(stage, owner);
  const told = struck === 'under load' ? 'both' : 'told';
  const acknowledged = [...first, ...(await startVms(stage, { from: VMS / 2, vms: VMS / 2, told }))];
  await decided(stage, VMS);
  const asleepMs = performance.now() - owner.asleepFrom;
  process.kill(owner.pid, 'SIGCONT');
  await until('the one that slept to end, or to write', async () => isGone(owner.pid) || hasWrittenLate(stage));
  await copied(stage);

  const stale = staleWrites(await readEvents(stage.database));
  const outcome = toOutcome(acknowledged.length, await examine(stage, acknowledged));
  const note = `slept ${(asleepMs / 1_000).toFixed(0)} s and more; ${stale.length} late writes accepted`;
  return { ...outcome, kept: outcome.kept && stale.length === 0, note: outcome.note ?? note };
};

export const row: FaultRow = {
  number: 21,
  fault: `the allocator that decides sleeps (SIGSTOP) while ${VMS} VMs start, and wakes up`,
  promise: 'another one decides meanwhile; the one that slept writes nothing any more',
  quick: false,
  guards: GUARDS,
  run: (stage) => sleepAndWake(stage, {}, 'under load'),
  // Struck at rest, and all later VMs told of instead of asked for: what it had at work, and what each owner is asked, would be refused for
  // the versions of its streams as well, and so would be what is decided together with it.
  control: (stage) => sleepAndWake(stage, without(...GUARDS), 'at rest'),
};
