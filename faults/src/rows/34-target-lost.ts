import { ask, VF_NAME } from '@vfleet/testing';
import { FAILURE_COUNTS_AS_DONE } from '../failure-counts-as-done.js';
import type { FaultRow, Outcome } from '../fault-row.js';
import { together } from '../findings.js';
import { aMoveStage, hostOf, type MoveStage } from '../move-stage.js';
import { holdingsOf } from '../moves-log.js';
import { readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { toOutcome } from '../under-fault.js';
import { without } from '../unguarded/without.js';

const HOSTS = { h1: 2, h2: 2, full: 1 };
const ROBBED = ['vm-1', 'vm-2', 'vm-3'] as const;
/** It goes to a host with one free function. */
const LAST = 'vm-last';
const FREE_ON_FULL = 8;

/** Takes what is held for the VM on its target out of the machine, before the VM runs there. */
const rob = async (stage: Stage, moves: MoveStage, vmId: string, targetHostId: string): Promise<void> => {
  const held = holdingsOf(await readEvents(stage.database)).filter((one) => one.vmId === vmId && one.hostId === targetHostId);
  for (const { address } of held) await hostOf(moves, targetHostId).pullOut(address);
  await moves.platform.tell(vmId, targetHostId);
};

const beginAll = async (stage: Stage, moves: MoveStage): Promise<void> => {
  for (const vmId of [...ROBBED, LAST]) {
    await moves.begin(vmId, 'h1');
    moves.platform.courses.set(vmId, ({ targetHostId }) => rob(stage, moves, vmId, targetHostId));
  }
  for (let n = 1; n < FREE_ON_FULL; n += 1)
    await ask(stage.nats, 'reservations.reserve', { vmId: `filler-${n}`, hostId: 'full', devices: [{ device: VF_NAME }] });
};

/** Where nothing else is free: the move needs an operator, and nothing was given back. With something free again he has it tried again. */
const moveLast = async (stage: Stage, { watch }: MoveStage): Promise<readonly string[]> => {
  const migrationId = await watch.start(LAST, 'full');
  const { name } = await watch.ended(migrationId);
  const held = holdingsOf(await readEvents(stage.database)).filter(({ vmId }) => vmId === LAST);
  if (name !== 'MigrationFailed') return [`without anything to plug the move of ${LAST} came to ${name}`];
  await ask(stage.nats, 'reservations.release', { vmId: 'filler-1' });
  await ask(stage.nats, 'migrations.retry', { migrationId });
  await watch.event(migrationId, 'MigrationCompleted');
  return held.some(({ hostId }) => hostId === 'h1') ? [] : [`what ${LAST} held at the source was given back`];
};

const underTheft = async (stage: Stage, control: boolean): Promise<Outcome> => {
  const moves = await aMoveStage(stage, { hosts: HOSTS, ...(control && { migrator: without(FAILURE_COUNTS_AS_DONE) }) });
  await beginAll(stage, moves);
  const ids = await Promise.all(ROBBED.map((vmId) => moves.watch.start(vmId, 'h2')));
  for (const id of ids) await moves.watch.ended(id);
  const lost = await moveLast(stage, moves);
  const replaced = ids.filter((id) => moves.watch.of(id).some(({ name }) => name === 'TargetReplaced')).length;
  const findings = together(await moves.judge(!control), { lost, doubled: [], misplaced: [] });
  const outcome = toOutcome(ids.length + 1, findings);
  const note = `${replaced} of ${ids.length} got another function; without one an operator was needed, and all was held meanwhile`;
  return { ...outcome, kept: outcome.kept && replaced === ids.length, note: outcome.note ?? note };
};

export const row: FaultRow = {
  number: 34,
  fault: 'function of the target gone between its reservation and its plugging',
  promise: 'another one is taken; without another one an operator is needed, and nothing is freed before he has decided',
  quick: false,
  guards: [FAILURE_COUNTS_AS_DONE],
  run: (stage) => underTheft(stage, false),
  // The guard is that a device is plugged when its agent says so: this migrator takes a failure for it.
  control: (stage) => underTheft(stage, true),
};
