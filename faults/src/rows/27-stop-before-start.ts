import { each } from '@vfleet/testing';
import type { FaultRow, Outcome } from '../fault-row.js';
import { together } from '../findings.js';
import { leaks } from '../holdings.js';
import { examine, readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { tellVm } from '../tell-vm.js';
import { idle, toOutcome } from '../under-fault.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';
import { HOSTS, makeFleet } from '../vm-load.js';

const STATES = ['starting', 'running', 'stopped'] as const;
/** In every order in which three messages can come. */
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;
const VMS = 100 * ORDERS.length;
const EPOCH = Date.parse('2026-11-20T10:00:00Z');

/** The first half is ordered by its platform's sequence, the second by when it was observed. */
const orderOf = (n: number, step: number): object =>
  n < VMS / 2 ? { sequence: step + 1 } : { occurredAt: new Date(EPOCH + 1_000 * step).toISOString() };

const reordered = async (stage: Stage, environment: NodeJS.ProcessEnv): Promise<Outcome> => {
  await stage.keepRunning('allocator', environment);
  await makeFleet(stage);
  await each(VMS, async (n) => {
    for (const step of ORDERS[n % ORDERS.length] ?? [])
      await tellVm(stage, {
        vmId: `vm-${n}`,
        state: STATES[step] ?? '',
        hostId: `h${n % HOSTS}`,
        devices: [{ device: '10GE' }],
        ...orderOf(n, step),
      });
  });
  await idle(stage);
  const events = await readEvents(stage.database);
  const left = leaks(
    events,
    Array.from({ length: VMS }, (_, n) => `vm-${n}`),
  );
  const findings = together(await examine(stage, [], { copy: false }), { lost: [], doubled: [], misplaced: left });
  return { ...toOutcome(VMS * STATES.length, findings), note: `${left.length} of ${VMS} VMs that ended still hold something` };
};

const GUARD: Guard = { file: 'apps/allocator/dist/domain/vm.decider.js', find: 'if (vm && isOlder(newest, vm.newest))', replace: 'if (false)' };

export const row: FaultRow = {
  number: 27,
  fault: 'start, run and stop of a VM come in every order',
  promise: 'a VM that has ended holds nothing',
  quick: true,
  guards: [GUARD],
  run: (stage) => reordered(stage, {}),
  control: (stage) => reordered(stage, without(GUARD)),
};
