import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { until } from '@vfleet/testing';
import { readFileSync } from 'node:fs';
import { anAgent, devicesKnown, hearFacts, type SeenData, type StagedAgent } from '../an-agent.js';
import { aTree, DEVICES } from '../a-tree.js';
import type { FaultRow, Outcome } from '../fault-row.js';
import { together } from '../findings.js';
import { leaks } from '../holdings.js';
import { examine, readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { tellVm } from '../tell-vm.js';
import { copied, idle, toOutcome } from '../under-fault.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';
import { HOSTS, makeFleet, startVms } from '../vm-load.js';

const HOST = 'h-unheard';
const FACTS = 'VFLEET_IN';
const VMS = 400;
/** Of the VMs' states one in a hundred gets lost, of the devices that are told one in four. */
const VM_STATE = 100;
const DEVICE = 4;

const sequencesOf = async ({ nats }: Stage, subject: string): Promise<readonly number[]> => {
  const consumer = await jetstream(nats).consumers.get(FACTS, { filter_subjects: subject });
  const sequences: number[] = [];
  for (;;) {
    const message = await consumer.next({ expires: 1_000 });
    if (!message) return sequences;
    sequences.push(message.seq);
    if (message.info.pending === 0) return sequences;
  }
};

/** Takes every so many of these messages out of the stream, as if they had never come. */
const lose = async ({ nats }: Stage, sequences: readonly number[], every: number): Promise<number> => {
  const manager = await jetstreamManager(nats);
  const lost = sequences.filter((_, n) => n % every === 0);
  for (const sequence of lost) await manager.streams.deleteMessage(FACTS, sequence);
  return lost.length;
};

/** What the platform tells of all its VMs: when they end, and again in its next round. */
const tellAll = async (stage: Stage): Promise<readonly number[]> => {
  const receipts: number[] = [];
  for (let n = 0; n < VMS; n += 1) receipts.push(await tellVm(stage, { vmId: `vm-${n}`, state: 'stopped', hostId: `h${n % HOSTS}` }));
  return receipts;
};

const devicesOf = ({ stateFile }: StagedAgent): readonly string[] => {
  const { devices } = JSON.parse(readFileSync(stateFile, 'utf8')) as { readonly devices: readonly { readonly observation: SeenData }[] };
  return devices.map(({ observation }) => observation.deviceId ?? '');
};

const ended = Array.from({ length: VMS }, (_, n) => `vm-${n}`);

/** Facts get lost before the allocator reads them, and its partners go on as they always do: a heartbeat, a round of the platform. */
const lostFacts = async (
  stage: Stage,
  environment: NodeJS.ProcessEnv,
  repaired: (stage: Stage, beats: () => number) => Promise<unknown>,
): Promise<Outcome> => {
  const allocator = await stage.keepRunning('allocator', environment);
  await makeFleet(stage);
  await startVms(stage, { vms: VMS });
  await idle(stage);
  await allocator.stop();

  const heard = hearFacts(stage, HOST);
  const beats = (): number => [...heard].filter(([key]) => key.startsWith('InventoryAttested')).reduce((sum, [, count]) => sum + count, 0);
  const agent = anAgent(stage, { hostId: HOST, sysfsRoot: aTree(stage), heartbeatSeconds: 1 });
  const receipts = await tellAll(stage);
  await until('the agent to have told everything', () => beats() > 0);
  const lostStates = await lose(stage, receipts, VM_STATE);
  const lostDevices = await lose(stage, await sequencesOf(stage, `vfleet.in.host.${HOST}.DeviceDiscovered`), DEVICE);

  await stage.keepRunning('allocator', environment);
  await idle(stage);
  const leaked = leaks(await readEvents(stage.database), ended).length;
  const from = performance.now();
  const beatsBefore = beats();
  await tellAll(stage);
  await repaired(stage, () => beats() - beatsBefore);
  await idle(stage);
  const healMs = Math.round(performance.now() - from);
  await copied(stage);

  const events = await readEvents(stage.database);
  const known = new Set(events.filter(({ type }) => type === 'DeviceDiscovered').map(({ data }) => (data as SeenData).deviceId));
  const unknown = devicesOf(agent).filter((deviceId) => !known.has(deviceId));
  const findings = {
    lost: unknown.map((deviceId) => `${deviceId} is seen by its agent, and nobody knows it`),
    doubled: [],
    misplaced: leaks(events, ended),
  };
  const outcome = toOutcome(receipts.length + DEVICES, together(await examine(stage, []), findings), { healMs });
  const note = `${lostDevices} devices and ${lostStates} ends of VMs lost, ${leaked} VMs held on, none of it after one round`;
  return { ...outcome, kept: outcome.kept && lostStates > 0 && leaked === lostStates && lostDevices > 0, note: outcome.note ?? note };
};

/** Heartbeats after which the control gives up. */
const IN_VAIN = 3;

const GUARD: Guard = { file: 'apps/allocator/dist/domain/attestation.js', find: "[{ type: 'ProbeHost', hostId: host.hostId }]", replace: '[]' };

export const row: FaultRow = {
  number: 28,
  fault: 'one in a hundred states of VMs and one in four devices lost on their way',
  promise: 'the next heartbeat and the next round of the platform make up for it',
  quick: false,
  guards: [GUARD],
  run: (stage) => lostFacts(stage, {}, () => devicesKnown(stage, HOST, DEVICES)),
  control: (stage) => lostFacts(stage, without(GUARD), (_, beats) => until('heartbeats that nobody acts upon', () => beats() >= IN_VAIN)),
};
