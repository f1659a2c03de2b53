import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl, type DeviceList, type InventoryAttested, type Migration, type StartedMigration } from '@vfleet/contracts';
import { aDatabase, aNatsServer, aQemuBench, aService, ask, until, type RunningProgram, type TestDatabase, type TestNats } from '@vfleet/testing';
import { aQemuHost, VF_NAME, type QemuHost } from './testing/qemu-host.js';
import { QemuPlatform } from './testing/qemu-platform.js';

const MINUTES = 60_000;
/** Guests and processes share two cores. */
const TEST_MS = 4 * MINUTES;
const ENDED: readonly string[] = ['completed', 'rolledBack', 'failed', 'cancelled', 'rejected'];

let database: TestDatabase;
let bus: TestNats;
let nats: NatsConnection;
let services: readonly RunningProgram[] = [];
let hosts: readonly QemuHost[] = [];
let platform: QemuPlatform;
/** What each host has told of late to be attached there: `<hostId> <vmId> <address>`. */
const attested = new Map<string, readonly string[]>();

beforeAll(async () => {
  const bench = await aQemuBench();
  [database, bus] = await Promise.all([aDatabase(), aNatsServer()]);
  nats = await connect(parseNatsUrl(bus.url));
  nats.subscribe('vfleet.in.host.*.InventoryAttested', {
    callback: (_, message) => {
      const { hostId, attachments = [] } = message.json<InventoryAttested>();
      attested.set(
        hostId,
        attachments.map(({ vmId, address }) => `${hostId} ${vmId} ${address}`),
      );
    },
  });
  const servers = { pgUrl: database.url, natsUrl: bus.url };
  services = await Promise.all([aService('allocator', servers), aService('inventory', servers), aService('migrator', servers)]);
  hosts = [aQemuHost('h1', 1, bus.url), aQemuHost('h2', 2, bus.url)];
  platform = new QemuPlatform(nats, bench, hosts);
  await until('both hosts to have told of their VFs', async () => (await devices({ name: VF_NAME, state: 'available' })).length === 16, 2 * MINUTES);
}, 5 * MINUTES);

afterAll(async () => {
  await platform?.close();
  await Promise.all([...hosts.map((host) => host.close()), ...services.map((service) => service.kill())]);
  await nats?.close();
  await bus?.close();
  await database?.close();
}, MINUTES);

const devices = async (filter: object): Promise<DeviceList['items']> => (await ask<DeviceList>(nats, 'devices.list', { filter })).items;

/** Asked once: a second request would be another move. */
const startMove = async (vmId: string): Promise<string> => {
  const reply = await nats.request('vfleet.api.migrations.start', JSON.stringify({ vmId, targetHostId: 'h2' }), { timeout: MINUTES });
  return reply.json<StartedMigration>().migrationId;
};

const outcomeOf = (migrationId: string): Promise<Migration> =>
  until(
    'the migration to end',
    async () => {
      const migration = await ask<Migration>(nats, 'migrations.get', { migrationId });
      return ENDED.includes(migration.state) && migration;
    },
    2 * MINUTES,
  );

/** Where a VM holds devices, as all who may ask are told. */
const holdingsOf = async (vmId: string): Promise<readonly string[]> => (await devices({ vmId })).map(({ hostId }) => hostId);

describe('a VM with a VF, in a real QEMU', () => {
  it(
    'moves to another host without a boot, and has a VF there with the same MAC at the same place',
    async () => {
      const wish = { vmId: 'vm-1' };
      const source = await platform.start(wish, 'h1');
      const before = source.report();
      const target = await platform.receive('h2', wish);

      const migration = await outcomeOf(await startMove('vm-1'));
      expect(migration).toMatchObject({
        state: 'completed',
        sourceHostId: 'h1',
        targetHostId: 'h2',
        devices: [{ mode: 'hotplug', where: 'target' }],
      });
      expect(migration.interruptionMs).toBeGreaterThan(0);

      const after = await until('the guest to have its interface', () => target.report()?.devices[0]?.net && target.report());
      expect(after).toEqual({ tick: expect.any(Number), bootId: before?.bootId, devices: before?.devices });
      expect(after.tick).toBeGreaterThan(before?.tick ?? Infinity);
      expect(await holdingsOf('vm-1')).toEqual(['h2']);
    },
    TEST_MS,
  );

  it(
    'has its VF again where it was when the other QEMU dies before the move',
    async () => {
      const wish = { vmId: 'vm-2' };
      const source = await platform.start(wish, 'h1');
      const before = source.report();
      const target = await platform.receive('h2', wish);
      await target.kill();

      const migration = await outcomeOf(await startMove('vm-2'));
      expect(migration).toMatchObject({ state: 'rolledBack', devices: [{ where: 'source' }], message: expect.stringContaining('failed') });
      const after = await until('the guest to have its interface again', () => source.report()?.devices[0]?.net && source.report());
      expect(after).toEqual({ ...before, tick: expect.any(Number) });
      expect(await holdingsOf('vm-2')).toEqual(['h1']);
    },
    TEST_MS,
  );

  it(
    'stays with its VF when the guest does not let go of it',
    async () => {
      const request = { migration: { mode: 'hotplug', match: 'network', deadlines: { unplug: 2 } } };
      const source = await platform.start({ vmId: 'vm-3', kernelOptions: 'acpi=off pcie_ports=compat', request }, 'h1');
      const before = source.report();

      const migration = await outcomeOf(await startMove('vm-3'));
      expect(migration).toMatchObject({ state: 'rolledBack', code: 'TIMEOUT', devices: [{ where: 'source' }] });
      const tick = source.report()?.tick ?? Infinity;
      const after = await until('the guest to go on', () => (source.report()?.tick ?? 0) > tick && source.report());
      expect(after).toEqual({ ...before, tick: expect.any(Number) });
      expect(await holdingsOf('vm-3')).toEqual(['h1']);
    },
    TEST_MS,
  );

  it(
    'stays, and has its VF again, when QEMU knows of another device that cannot be moved',
    async () => {
      const source = await platform.start({ vmId: 'vm-4' }, 'h1');
      await source.qmp.execute('device_add', { driver: 'nvme', id: 'other', serial: 'B', bus: 'port1', addr: '0x0' });

      const migration = await outcomeOf(await startMove('vm-4'));
      expect(migration).toMatchObject({ state: 'rolledBack', code: 'MIGRATION_BLOCKED', message: expect.stringContaining('non-migratable') });
      expect(migration.steps.map(({ step }) => step)).not.toContain('moving');
      expect(await holdingsOf('vm-4')).toEqual(['h1']);
    },
    TEST_MS,
  );

  it('leaves nothing held or attached on a host where its VM is not', async () => {
    const held = await devices({ state: 'held' });
    const ofVms = held.map(({ hostId, address, reservation }) => `${hostId} ${reservation?.vmId} ${address}`);
    expect(ofVms.map((one) => one.slice(0, 'h1 vm-1'.length)).sort()).toEqual(['h1 vm-2', 'h1 vm-3', 'h1 vm-4', 'h2 vm-1']);
    await until('the hosts to attest just that', () => [...attested.values()].flat().sort().join() === ofVms.sort().join());
  });
});
