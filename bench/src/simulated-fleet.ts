import { hostFactSubject } from '@vfleet/contracts';
import { cpuSeconds, residentMiB } from './cpu-time.js';
import { inventoryHolds, journalPosition } from './fleet.js';
import type { Measurement } from './measurement.js';
import { openStage, type Stage } from './stage.js';

const HOSTS = 10_000;
const DEVICES = 64;
/** Virtual functions of a port with which a simulated host has 64 devices. */
const VFS = 15;
const HEARTBEAT_SECONDS = 20;

/** Agents like any other, many in one process, all of them new to the fleet; then only their heartbeats, one every ten seconds each. */
export const simulatedFleet = async (): Promise<readonly Measurement[]> => {
  const stage = await openStage();
  const [allocator, inventory] = [await stage.start('allocator'), await stage.start('inventory')];
  const attestations = await hear(stage);
  const began = performance.now();
  const agents = stage.simulate(HOSTS, VFS);
  await attestations.ofHosts(HOSTS);
  const told = performance.now();
  await inventoryHolds(stage, HOSTS * (DEVICES + 1));
  const visible = performance.now();

  const before = { position: await journalPosition(stage.pool), heard: attestations.heard(), used: cpuSeconds(allocator) };
  await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_SECONDS * 1_000));
  const heartbeats = (attestations.heard() - before.heard) / HEARTBEAT_SECONDS;
  const load = (cpuSeconds(allocator) - before.used) / HEARTBEAT_SECONDS;
  const events = (await journalPosition(stage.pool)) - before.position;
  const memory = { allocator, inventory, agents };
  const resident = Object.entries(memory).map(([name, process]) => ({ name, figure: residentMiB(process) }));
  await stage.close();

  const what = `${HOSTS} agents of ${DEVICES} devices`;
  const most = (figure: number) => ({ at: 'most' as const, figure });
  return [
    { section: 'agents', what: `${what}: all visible after the last has told`, value: (visible - told) / 1_000, unit: 's', aim: most(30) },
    { section: 'agents', what: `${what}: all visible after the first was started`, value: (visible - began) / 1_000, unit: 's' },
    {
      section: 'agents',
      what: `${what}: allocator for 1,000 heartbeats/s (heard: ${Math.round(heartbeats)}/s)`,
      value: (load * 1_000) / heartbeats,
      unit: 'cores',
      aim: most(0.2),
    },
    { section: 'agents', what: `${what}: events of ${HEARTBEAT_SECONDS} s of heartbeats`, value: events, unit: 'events', aim: most(0) },
    ...resident.map(({ name, figure }) => ({ section: 'agents', what: `${what}: ${name} resident`, value: figure, unit: 'MiB' })),
  ];
};

/** Listens to attestations: a host's first one follows its first report. */
const hear = async ({ client }: Stage) => {
  const hosts = new Set<string>();
  let heard = 0;
  let waiting: { readonly hosts: number; readonly done: () => void } | undefined;
  client.nats.subscribe(hostFactSubject('*', 'InventoryAttested'), {
    callback: (_, { subject }) => {
      heard += 1;
      hosts.add(subject.split('.')[3] ?? '');
      if (waiting && hosts.size >= waiting.hosts) waiting.done();
    },
  });
  await client.nats.flush();
  return { heard: () => heard, ofHosts: (number: number) => new Promise<void>((done) => (waiting = { hosts: number, done })) };
};
