import { renumberGroups, rewriteOnDisk, shiftBuses, until } from '@vfleet/testing';
import { rmSync } from 'node:fs';
import { anAgent, devicesKnown, epochAfter, hearFacts, type SeenData } from '../an-agent.js';
import { aTree, CARD, DEVICES, DISK, VF } from '../a-tree.js';
import type { FaultRow, Outcome } from '../fault-row.js';
import { together, type LogEvent } from '../findings.js';
import { projected } from '../projection.js';
import { examine, headOf, readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { copied, idle, toOutcome } from '../under-fault.js';
import { reserve } from '../try-reserve.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';

const HOST = 'h-renumbered';
/** Each bus from the first behind a root port on moves up by one: where a card was, the one before it is now. */
const FIRST_BUS = 1;
const MOVED: Readonly<Record<string, string>> = { [CARD]: '0000:02:00.0', [DISK]: '0000:03:00.0', [VF]: '0000:04:10.2' };
const GROUPS_UP = 100;

/** Where each device is, by all that was told of it. */
const placesOf = (events: readonly LogEvent[]): ReadonlyMap<string, string> => {
  const places = new Map<string, string>();
  for (const { type, data } of events) {
    const { deviceId, address } = data as SeenData;
    if (/^Device(Discovered|Changed|Readdressed|Returned)$/.test(type) && deviceId !== undefined && address !== undefined)
      places.set(deviceId, address);
  }
  return places;
};

/** A host comes back from a reboot with other bus and group numbers, and its agent without its state. */
const rebooted = async (stage: Stage, environment: NodeJS.ProcessEnv): Promise<Outcome> => {
  await stage.keepRunning('allocator');
  await stage.keepRunning('inventory');
  const sysfsRoot = aTree(stage);
  const before = anAgent(stage, { hostId: HOST, sysfsRoot }, environment);
  await devicesKnown(stage, HOST, DEVICES);
  const held = [];
  for (const address of Object.keys(MOVED)) held.push(await reserve(stage, `vm-of-${address.slice(5, 7)}`, HOST, address));
  await projected(stage);
  await before.program.kill('SIGTERM');

  const heard = hearFacts(stage, HOST);
  const down = await headOf(stage.database);
  rewriteOnDisk(sysfsRoot, (tree) => renumberGroups(shiftBuses(tree, FIRST_BUS, 1), (group) => group + GROUPS_UP));
  rmSync(before.stateFile, { force: true });
  anAgent(stage, { hostId: HOST, sysfsRoot, stateFile: before.stateFile }, environment);
  const { epoch } = await epochAfter(stage, HOST, down);
  await until('an attestation after the new report', () => heard.get(`InventoryAttested ${epoch}`));
  await idle(stage);
  await copied(stage);

  const places = placesOf(await readEvents(stage.database));
  const wrong = held.flatMap(({ vmId, devices: [device] }) => {
    const [was, is] = [device?.address ?? '', places.get(device?.deviceId ?? '') ?? ''];
    return is === MOVED[was] ? [] : [`the device of ${vmId} is at ${MOVED[was]}, and is taken to be at ${is}`];
  });
  const findings = together(await examine(stage, held), { lost: [], doubled: [], misplaced: wrong });
  const outcome = toOutcome(held.length, findings);
  return { ...outcome, note: outcome.note ?? `${wrong.length} of ${held.length} held devices taken for others` };
};

const IDENTITY = 'apps/host-agent/dist/domain/identity.js';

/** An agent that knows devices by their addresses, and by nothing else. */
const GUARDS: readonly Guard[] = [
  { file: IDENTITY, find: 'serial ?? macs[0] ?? path;', replace: 'address;' },
  { file: IDENTITY, find: 'const ownIdentity = ({ serial, macs, path })', replace: 'const ownIdentity = ({ address })' },
  { file: IDENTITY, find: 'recognise(unique, remembered.filter(({ identity }) => !identity.startsWith(BY_ADDRESS)))', replace: 'new Map()' },
];

export const row: FaultRow = {
  number: 25,
  fault: 'bus and group numbers of a host move up at a reboot, and its agent has lost its state',
  promise: 'each VM holds the card that it held: by serial, by MAC, by place',
  quick: false,
  guards: GUARDS,
  run: (stage) => rebooted(stage, {}),
  control: (stage) => rebooted(stage, without(...GUARDS)),
};
