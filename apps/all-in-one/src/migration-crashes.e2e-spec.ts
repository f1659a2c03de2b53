import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { internalSubject, parseNatsUrl, type DeviceList } from '@vfleet/contracts';
import {
  aDatabase,
  aNatsServer,
  aService,
  ask,
  MoveWatch,
  MovingPlatform,
  SimulatedHost,
  until,
  VF_NAME,
  type RunningProgram,
  type TestDatabase,
  type TestNats,
} from '@vfleet/testing';

const MINUTES = 60_000;
const HOSTS = ['h1', 'h2'] as const;
const VMS = ['vm-1', 'vm-2'] as const;
const VFS = 16;

/** What goes over the bus in the course of a move, in this order: before and after each of its steps. */
const POINTS: readonly (readonly [string, RegExp])[] = [
  ['it is requested', /^vfleet\.evt\.migration\..*\.MigrationRequested$/],
  ['the allocator is asked for a plan', new RegExp(`^${internalSubject('moves.plan')}$`)],
  ['the target is reserved', /^vfleet\.evt\.migration\..*\.TargetReserved$/],
  ['unplugging is requested', /^vfleet\.evt\.migration\..*\.HostdevUnplugRequested$/],
  ['unplugging is ordered', /^vfleet\.agent\..*\.hostdev\.detach$/],
  ['the device is off', /^vfleet\.in\.host\..*\.HostdevDetached$/],
  ['the unplugging is journaled', /^vfleet\.evt\.migration\..*\.HostdevUnplugged$/],
  ['the VM may move', /^vfleet\.evt\.migration\..*\.VmMigrationReady$/],
  ['the VM runs on the target', /^vfleet\.in\.vm\..*\.VmStateChanged$/],
  ['the move is journaled', /^vfleet\.evt\.migration\..*\.VmMigrated$/],
  ['plugging is requested', /^vfleet\.evt\.migration\..*\.HostdevPlugRequested$/],
  ['plugging is ordered', /^vfleet\.agent\..*\.hostdev\.attach$/],
  ['the device is plugged', /^vfleet\.in\.host\..*\.HostdevAttached$/],
  ['the plugging is journaled', /^vfleet\.evt\.migration\..*\.HostdevPlugged$/],
  ['the allocator is asked to release the source', new RegExp(`^${internalSubject('moves.settle')}$`)],
  ['the source is released', /^vfleet\.evt\.migration\..*\.SourceReleased$/],
];

let database: TestDatabase;
let bus: TestNats;
let nats: NatsConnection;
let platform: MovingPlatform;
let watch: MoveWatch;
const hosts = new Map<string, SimulatedHost>();
type Service = 'allocator' | 'inventory' | 'migrator';
const services = new Map<Service, RunningProgram>();

beforeAll(async () => {
  [database, bus] = await Promise.all([aDatabase(), aNatsServer()]);
  nats = await connect(parseNatsUrl(bus.url));
  watch = new MoveWatch(nats);
  const servers = { pgUrl: database.url, natsUrl: bus.url };
  for (const name of ['allocator', 'inventory', 'migrator'] as const) services.set(name, await aService(name, servers));
  for (const hostId of HOSTS) hosts.set(hostId, new SimulatedHost(hostId, nats, { natsUrl: bus.url }));
  platform = new MovingPlatform(nats, hosts);
  const free = async (): Promise<boolean> => (await ask<DeviceList>(nats, 'devices.list', { filter: { name: VF_NAME } })).items.length === 2 * VFS;
  await until('both hosts to have told of their VFs', free, 2 * MINUTES);
  for (const vmId of VMS) await platform.start(vmId, 'h1');
}, 5 * MINUTES);

afterAll(async () => {
  platform?.close();
  await Promise.all([...[...hosts.values()].map((host) => host.close()), ...[...services.values()].map((service) => service.kill('SIGKILL'))]);
  await nats?.close();
  await bus?.close();
  await database?.close();
}, MINUTES);

/** Every VM goes to the host on which it is not. */
const targetOf = (vmId: string): string => (platform.runsOn.get(vmId) === 'h1' ? 'h2' : 'h1');

/** A move that is rejected, cancelled or failed needs somebody who looks after it. */
const GOOD_ENDS: ReadonlySet<string> = new Set(['MigrationCompleted', 'MigrationRolledBack']);

const VICTIMS = ['migrator', 'allocator', 'source agent', 'target agent'] as const;

/** Kills it at once, and starts it again when it is gone. */
const strikeService = async (name: Service): Promise<void> => {
  const service = services.get(name) as RunningProgram;
  service.process.kill('SIGKILL');
  await service.ended;
  services.set(name, await aService(name, { pgUrl: database.url, natsUrl: bus.url }));
};

const strikeAgent = (host: SimulatedHost): Promise<void> => {
  host.kill();
  return host.restart();
};

describe.each(VICTIMS)('when the %s is killed in the middle of a move', (victim) => {
  it.each(POINTS)(
    'as soon as %s, every VM ends up with its device where it runs, and nowhere else',
    async (what, subject) => {
      platform.respond(POINTS.findIndex(([one]) => one === what) % 2 === 0);
      const from = VMS.map((vmId) => platform.runsOn.get(vmId));
      const to = VMS.map(targetOf);
      const agent = victim.endsWith('agent') ? hosts.get((victim === 'source agent' ? from[0] : to[0]) ?? '') : undefined;
      let struck: Promise<void> | undefined;
      watch.onMessage = (heard) => {
        if (subject.test(heard)) struck ??= agent ? strikeAgent(agent) : strikeService(victim as Service);
      };
      const migrations = await Promise.all(VMS.map((vmId, n) => watch.start(vmId, to[n] ?? '')));
      const ends = await Promise.all(migrations.map((migrationId) => watch.ended(migrationId)));
      watch.onMessage = () => undefined;
      await struck;
      expect(struck).toBeDefined();
      expect(ends.filter(({ name }) => !GOOD_ENDS.has(name))).toEqual([]);
      await watch.settled(
        HOSTS,
        VMS.map((vmId, n) => `${ends[n]?.name === 'MigrationCompleted' ? to[n] : from[n]} ${vmId}`),
      );
    },
    3 * MINUTES,
  );
});
