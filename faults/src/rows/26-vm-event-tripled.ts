import { each } from '@vfleet/testing';
import type { FaultRow, Outcome } from '../fault-row.js';
import { together, type LogEvent } from '../findings.js';
import { leaks, losses, timesGiven } from '../holdings.js';
import { examine, readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { tellVm } from '../tell-vm.js';
import { idle, toOutcome } from '../under-fault.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';
import { HOSTS, makeFleet } from '../vm-load.js';

const VMS = 400;
const idsOf = (keep: (n: number) => boolean): readonly string[] =>
  Array.from({ length: VMS }, (_, n) => n)
    .filter(keep)
    .map((n) => `vm-${n}`);

/** Every second VM ends. Nothing but the message's id says that it was told before: it has no sequence and no time. */
const ends = (n: number): boolean => n % 2 === 1;

/** Each state three times, and the last copy of the start after everything else. */
const tellThrice = (stage: Stage): Promise<void> =>
  each(VMS, async (n) => {
    const vm = { vmId: `vm-${n}`, hostId: `h${n % HOSTS}` };
    const start = () => tellVm(stage, { ...vm, state: 'starting', devices: [{ device: '10GE' }] }, `start-${n}`);
    const stop = () => tellVm(stage, { ...vm, state: 'stopped' }, `stop-${n}`);
    for (const tell of ends(n) ? [start, start, stop, stop, stop, start] : [start, start, start]) await tell();
  });

const givenMoreThanOnce = (events: readonly LogEvent[]): readonly string[] =>
  [...timesGiven(events)].filter(([, times]) => times > 1).map(([vmId, times]) => `${vmId} was given devices ${times} times`);

const tripled = async (stage: Stage, environment: NodeJS.ProcessEnv): Promise<Outcome> => {
  await stage.keepRunning('allocator', environment);
  await makeFleet(stage);
  await tellThrice(stage);
  await idle(stage);
  const told = idsOf(() => true).map((vmId) => ({ vmId }));
  const events = await readEvents(stage.database);
  const running = {
    lost: losses(
      events,
      idsOf((n) => !ends(n)),
    ),
    doubled: givenMoreThanOnce(events),
    misplaced: leaks(events, idsOf(ends)),
  };
  return toOutcome(told.length, together(await examine(stage, told, { copy: false }), running));
};

const GUARD: Guard = { file: 'apps/allocator/dist/inbound/vm-facts.controller.js', find: 'key: fact.key ?? message.delivery, ', replace: '' };

export const row: FaultRow = {
  number: 26,
  fault: 'each state of a VM told three times, a start once more after its stop',
  promise: 'one reservation, given back once',
  quick: true,
  guards: [GUARD],
  run: (stage) => tripled(stage, {}),
  control: (stage) => tripled(stage, without(GUARD)),
};
