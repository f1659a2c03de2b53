import { ask, each, until } from '@vfleet/testing';
import { anAgent, devicesKnown, hearFacts } from '../an-agent.js';
import { aTree, DEVICES } from '../a-tree.js';
import { aFakedClock, type FakedClock } from '../faked-clock.js';
import type { FaultRow, Outcome } from '../fault-row.js';
import { together, type LogEvent } from '../findings.js';
import { leaks, losses } from '../holdings.js';
import { examine, headOf, readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { copied, idle, toOutcome } from '../under-fault.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';
import { HOSTS, makeFleet } from '../vm-load.js';

const HOST = 'h-clock';
/** More than any machine is busy for, and three of them far less than the clock is set. */
const HEARTBEAT_SECONDS = 60;
const GROUP = 80;
const [A, B, C] = [0, GROUP, 2 * GROUP];
const VMS = 3 * GROUP;

/** As a platform without sequences and without times reports: what comes later is later. */
const report = (stage: Stage, n: number, state: string): Promise<unknown> =>
  ask(stage.nats, 'vms.report', { vmId: `vm-${n}`, state, hostId: `h${n % HOSTS}`, ...(state === 'starting' && { devices: [{ device: '10GE' }] }) });
const start = (stage: Stage, from: number): Promise<void> => each(GROUP, async (n) => void (await report(stage, from + n, 'starting')));
const ends = (n: number): boolean => n % 2 === 0;
const stop = (stage: Stage, from: number): Promise<void> => each(GROUP / 2, async (n) => void (await report(stage, from + 2 * n, 'stopped')));
const vms = (keep: (n: number) => boolean): readonly string[] =>
  Array.from({ length: VMS }, (_, n) => n)
    .filter(keep)
    .map((n) => `vm-${n}`);

/** Starts the agent again while its clock is behind, and says whether it is listened to. */
const restartAgent = async (stage: Stage, restart: () => Promise<void>): Promise<readonly string[]> => {
  const heard = hearFacts(stage, HOST);
  const before = await headOf(stage.database);
  await restart();
  await until('the agent to attest again', () =>
    [...heard.keys()].some((key) => key.startsWith('HostOnline ') && heard.has(key.replace('HostOnline', 'InventoryAttested'))),
  );
  await idle(stage);
  const events = await readEvents(stage.database);
  const isHeard = events.some(({ position, type, stream }) => position > before && type === 'HostOnline' && stream === `host-${HOST}`);
  return isHeard ? [] : [`${HOST} is not listened to after its restart`];
};

const calledStale = (events: readonly LogEvent[]): readonly string[] =>
  events.filter(({ type }) => type === 'HostStale').map(({ position, stream }) => `position ${position}: ${stream} was called stale`);

/** VMs start and stop while the clock is set forward, then two hours back, and right again. */
const underClock = async (stage: Stage, clock: FakedClock, restart: () => Promise<void>): Promise<readonly string[]> => {
  await start(stage, A);
  clock.set('+1h');
  await Promise.all([start(stage, B), stop(stage, A)]);
  clock.set('-1h');
  await Promise.all([start(stage, C), stop(stage, B)]);
  const deaf = await restartAgent(stage, restart);
  clock.set('+0');
  await stop(stage, C);
  return deaf;
};

const clockSet = async (stage: Stage, unguarded: NodeJS.ProcessEnv): Promise<Outcome> => {
  const clock = aFakedClock(stage);
  const environment = { ...clock.environment, ...unguarded };
  await stage.keepRunning('allocator', environment);
  await makeFleet(stage);
  const settings = { hostId: HOST, sysfsRoot: aTree(stage), heartbeatSeconds: HEARTBEAT_SECONDS };
  const agent = anAgent(stage, settings, clock.environment);
  await devicesKnown(stage, HOST, DEVICES);
  const deaf = await underClock(stage, clock, async () => {
    await agent.program.kill('SIGTERM');
    anAgent(stage, { ...settings, stateFile: agent.stateFile }, clock.environment);
  });
  await idle(stage);
  await copied(stage);
  const events = await readEvents(stage.database);
  const findings = {
    lost: losses(
      events,
      vms((n) => !ends(n)),
    ),
    doubled: [],
    misplaced: [...leaks(events, vms(ends)), ...deaf, ...calledStale(events)],
  };
  const outcome = toOutcome(
    VMS,
    together(
      await examine(
        stage,
        vms(() => true).map((vmId) => ({ vmId })),
      ),
      findings,
    ),
  );
  return { ...outcome, note: outcome.note ?? 'no release that nobody asked for, every stop counted' };
};

const LIVENESS = 'apps/allocator/dist/liveness.js';
/** Hosts are heard, and judged, by the time of day. */
const GUARDS: readonly Guard[] = [
  { file: LIVENESS, find: 'MISSED * seconds * MS_PER_SECOND, performance.now()', replace: 'MISSED * seconds * MS_PER_SECOND, Date.now()' },
  { file: LIVENESS, find: 'this.judge(performance.now())', replace: 'this.judge(Date.now())' },
];

export const row: FaultRow = {
  number: 30,
  fault: 'the clock of the allocator and of an agent set an hour forward, two back, and right',
  promise: 'nothing is given back by itself, and what is told later counts as later',
  quick: false,
  guards: GUARDS,
  needs: ['faketime'],
  run: (stage) => clockSet(stage, {}),
  control: (stage) => clockSet(stage, without(...GUARDS)),
};
