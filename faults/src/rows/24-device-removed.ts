import { readTree, rewriteOnDisk } from '@vfleet/testing';
import { anAgent, devicesKnown, eventAfter, type SeenData } from '../an-agent.js';
import { aTree, CARD, DEVICES, DISK, withoutFunction } from '../a-tree.js';
import type { FaultRow, Outcome } from '../fault-row.js';
import { together } from '../findings.js';
import { losses } from '../holdings.js';
import { examine, headOf, readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { copied, toOutcome } from '../under-fault.js';
import { reserve, tryReserve } from '../try-reserve.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';

const HOST = 'h-pulled';
const PULLED = [CARD, DISK];

/** Two cards are pulled out while VMs hold them, others ask for them in vain, and they come back. */
const pulledOut = async (stage: Stage, environment: NodeJS.ProcessEnv): Promise<Outcome> => {
  await stage.keepRunning('allocator', environment);
  const sysfsRoot = aTree(stage);
  anAgent(stage, { hostId: HOST, sysfsRoot });
  await devicesKnown(stage, HOST, DEVICES);
  const held = [];
  for (const address of PULLED) held.push(await reserve(stage, `vm-of-${address.slice(5, 7)}`, HOST, address));

  const before = await headOf(stage.database);
  const whole = readTree(sysfsRoot);
  rewriteOnDisk(sysfsRoot, (tree) => PULLED.reduce(withoutFunction, tree));
  for (const { devices } of held) await eventAfter(stage, before, ['DeviceMissing', 'DeviceRemoved'], { deviceId: devices[0]?.deviceId ?? '' });
  for (const address of PULLED) await tryReserve(stage, `hopeful-${address.slice(5, 7)}`, HOST, address);
  const gone = await headOf(stage.database);
  rewriteOnDisk(sysfsRoot, () => whole);
  for (const { devices } of held) await eventAfter(stage, gone, ['DeviceReturned', 'DeviceDiscovered'], { deviceId: devices[0]?.deviceId ?? '' });
  for (const address of PULLED) await tryReserve(stage, `hopeful-${address.slice(5, 7)}`, HOST, address);

  await copied(stage);
  const events = await readEvents(stage.database);
  const told = new Set(events.filter(({ type }) => type === 'DeviceLost').map(({ data }) => (data as SeenData).vmId));
  const untold = held.filter(({ vmId }) => !told.has(vmId)).map(({ vmId }) => `${vmId} was not told that its device was gone`);
  const findings = {
    lost: [
      ...untold,
      ...losses(
        events,
        held.map(({ vmId }) => vmId),
      ),
    ],
    doubled: [],
    misplaced: [],
  };
  const outcome = toOutcome(held.length, together(await examine(stage, held), findings));
  return { ...outcome, note: outcome.note ?? 'missing with their holders, who were told; back with them' };
};

const GUARD: Guard = { file: 'apps/allocator/dist/domain/host.decider.js', find: 'if (vmId === undefined || !reservation)', replace: 'if (true)' };

export const row: FaultRow = {
  number: 24,
  fault: 'cards pulled out while VMs hold them, and put back',
  promise: 'they stay with their holders, who are told, and nobody else is given them',
  quick: true,
  guards: [GUARD],
  run: (stage) => pulledOut(stage, {}),
  control: (stage) => pulledOut(stage, without(GUARD)),
};
