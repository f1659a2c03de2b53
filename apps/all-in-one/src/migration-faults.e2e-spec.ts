import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { agentSubject, parseNatsUrl, type DeviceList, type Migration, type MigrateVm } from '@vfleet/contracts';
import {
  aDatabase,
  aNatsServer,
  aService,
  ask,
  MoveWatch,
  MovingPlatform,
  Refused,
  SimulatedHost,
  until,
  VF_NAME,
  VLAN,
  type RunningProgram,
  type TestDatabase,
  type TestNats,
} from '@vfleet/testing';

const MINUTES = 60_000;
const TEST_MS = 2 * MINUTES;
const HOSTS = ['h1', 'h2'] as const;
/** With one card: eight VFs. */
const SMALL = 'h3';
/** Seconds: few, for where somebody is waited for in vain. */
const DEADLINES = { unplug: 2, migrate: 4, plug: 2 };
/** Enough on any machine. */
const PATIENT = { unplug: 60, migrate: 60, plug: 60 };
/** After the deadline of an agent, when everything has been told of that. */
const LATE_MS = 2_000;

let database: TestDatabase;
let bus: TestNats;
let nats: NatsConnection;
let platform: MovingPlatform;
let watch: MoveWatch;
let services: readonly RunningProgram[] = [];
let migrator: RunningProgram;
const hosts = new Map<string, SimulatedHost>();

beforeAll(async () => {
  [database, bus] = await Promise.all([aDatabase(), aNatsServer()]);
  nats = await connect(parseNatsUrl(bus.url));
  watch = new MoveWatch(nats);
  const servers = { pgUrl: database.url, natsUrl: bus.url };
  services = await Promise.all([aService('allocator', servers), aService('inventory', servers)]);
  migrator = await aService('migrator', servers);
  for (const hostId of HOSTS) hosts.set(hostId, new SimulatedHost(hostId, nats, { natsUrl: bus.url }));
  hosts.set(SMALL, new SimulatedHost(SMALL, nats, { natsUrl: bus.url, cards: 1 }));
  platform = new MovingPlatform(nats, hosts);
  await until('all hosts to have told of their VFs', async () => (await vfs({})).length === 16 + 16 + 8, 2 * MINUTES);
}, 5 * MINUTES);

afterAll(async () => {
  platform?.close();
  await Promise.all([...[...hosts.values()].map((host) => host.close()), ...[migrator, ...services].map((service) => service.kill('SIGKILL'))]);
  await nats?.close();
  await bus?.close();
  await database?.close();
}, MINUTES);

const vfs = async (filter: object): Promise<DeviceList['items']> =>
  (await ask<DeviceList>(nats, 'devices.list', { filter: { name: VF_NAME, ...filter } })).items;
const host = (hostId: string): SimulatedHost => hosts.get(hostId) as SimulatedHost;
/** Where a VM holds devices. */
const holds = async (vmId: string): Promise<readonly string[]> => (await vfs({ vmId })).map(({ hostId }) => hostId).sort();
const names = (migrationId: string): readonly string[] => watch.of(migrationId).map(({ name }) => name);

/** VMs that have not ended, and where each is: what the hosts have to agree with. */
const where = new Map<string, string>();
const start = async (vmId: string, deadlines = PATIENT): Promise<void> => {
  await platform.start(vmId, 'h1', { migration: { mode: 'hotplug', match: 'network', deadlines } });
  where.set(vmId, 'h1');
};
const expectAllAccountedFor = (vmId: string, hostId: string): Promise<void> => {
  where.set(vmId, hostId);
  return watch.settled(
    HOSTS,
    [...where].filter(([, at]) => at !== SMALL).map(([id, at]) => `${at} ${id}`),
  );
};
const decide = (verb: 'cancel' | 'retry' | 'resolve', migrationId: string): Promise<Migration> => ask(nats, `migrations.${verb}`, { migrationId });
/** It is asked for again where no answer comes; then the move may have gone on already, which is refused. */
const retry = async (migrationId: string): Promise<void> => {
  await decide('retry', migrationId).catch((error: unknown) => {
    if (!(error instanceof Refused)) throw error;
  });
  await watch.event(migrationId, 'MigrationRetried');
};

describe('a move that does not come about', () => {
  it(
    'is rolled back when the guest refuses to let go of its device',
    async () => {
      await start('refuses');
      await host('h1').simulate({ vmId: 'refuses', verb: 'detach', refuse: true });
      const { name, data } = await watch.ended(await watch.start('refuses', 'h2'));
      expect([name, data['code']]).toEqual(['MigrationRolledBack', 'GUEST_REFUSED']);
      await expectAllAccountedFor('refuses', 'h1');
    },
    TEST_MS,
  );

  it(
    'is rolled back when the guest does nothing, and what it does after all is undone',
    async () => {
      await start('dawdles', DEADLINES);
      await host('h1').simulate({ vmId: 'dawdles', verb: 'detach', silent: true, lateMs: LATE_MS, times: 1 });
      const migrationId = await watch.start('dawdles', 'h2');
      const { name, data } = await watch.ended(migrationId);
      expect([name, data['code']]).toEqual(['MigrationRolledBack', 'TIMEOUT']);
      await watch.event(migrationId, 'HostdevUnplugged');
      await until('the device to be plugged again', () => names(migrationId).at(-1) === 'HostdevPlugged', MINUTES);
      await expectAllAccountedFor('dawdles', 'h1');
    },
    TEST_MS,
  );

  it(
    'is rolled back with its device plugged again when nobody is ever told that it was unplugged',
    async () => {
      await start('untold', DEADLINES);
      await host('h1').simulate({ vmId: 'untold', verb: 'detach', loseReply: true, times: 1 });
      const migrationId = await watch.start('untold', 'h2');
      const { name, data } = await watch.ended(migrationId);
      expect([name, data['code'], data['devices']]).toMatchObject(['MigrationRolledBack', 'TIMEOUT', [{ where: 'source' }]]);
      expect(names(migrationId)).not.toContain('HostdevUnplugged');
      expect(names(migrationId).slice(-3)).toEqual(['HostdevPlugRequested', 'HostdevPlugged', 'MigrationRolledBack']);
      await expectAllAccountedFor('untold', 'h1');
    },
    TEST_MS,
  );

  it(
    'needs an operator when its host falls silent while the device is unplugged; it goes on when the host speaks again',
    async () => {
      await start('deserted', DEADLINES);
      await host('h1').simulate({ vmId: 'deserted', verb: 'detach', silent: true });
      const migrationId = await watch.start('deserted', 'h2');
      await watch.event(migrationId, 'HostdevUnplugRequested');
      host('h1').kill();
      const { name, data } = await watch.ended(migrationId);
      expect([name, data['code'], data['runsOn'], data['devices']]).toMatchObject(['MigrationFailed', 'NO_ANSWER', 'h1', [{ where: 'unknown' }]]);
      expect(await holds('deserted')).toEqual(['h1', 'h2']);
      const back = watch.heard('h1');
      await host('h1').restart();
      await back;
      await retry(migrationId);
      await watch.event(migrationId, 'MigrationRolledBack');
      await expectAllAccountedFor('deserted', 'h1');
    },
    TEST_MS,
  );

  it(
    'is rolled back when the platform cannot move the VM',
    async () => {
      await start('stays');
      platform.courses.set('stays', (move) => platform.fail(move));
      const { name, data } = await watch.ended(await watch.start('stays', 'h2'));
      expect([name, data['code'], data['message']]).toEqual(['MigrationRolledBack', 'MOVE_FAILED', 'no route']);
      await expectAllAccountedFor('stays', 'h1');
    },
    TEST_MS,
  );

  it(
    'is rolled back when the platform says nothing in time',
    async () => {
      await start('waits', { ...PATIENT, migrate: DEADLINES.migrate });
      platform.courses.set('waits', () => Promise.resolve());
      const { name, data } = await watch.ended(await watch.start('waits', 'h2'));
      expect([name, data['code']]).toEqual(['MigrationRolledBack', 'TIMEOUT']);
      await expectAllAccountedFor('waits', 'h1');
    },
    TEST_MS,
  );

  it(
    'leaves the device to the next move, which has begun before it could be plugged back',
    async () => {
      await start('hurries', DEADLINES);
      await host('h1').simulate({ vmId: 'hurries', verb: 'detach', silent: true, lateMs: LATE_MS, times: 1 });
      await host('h1').simulate({ vmId: 'hurries', verb: 'attach', silent: true, times: 1 });
      const first = await watch.start('hurries', 'h2');
      await watch.ended(first);
      await watch.event(first, 'HostdevUnplugged');
      const second = await watch.start('hurries', 'h2');
      expect((await watch.ended(second)).name).toBe('MigrationCompleted');
      await expectAllAccountedFor('hurries', 'h2');
      const refused = watch.of(first).flatMap(({ name, data }) => (name === 'HostdevCommandFailed' ? [data['code']] : []));
      expect(refused.at(-1)).toBe('DEVICE_NOT_HELD');
    },
    TEST_MS,
  );

  it(
    'is rolled back when its hypervisor knows something else that keeps the VM from being moved',
    async () => {
      await start('bound');
      await host('h1').simulate({ vmId: 'bound', migrationBlocker: 'a shared folder is mounted' });
      const migrationId = await watch.start('bound', 'h2');
      const { name, data } = await watch.ended(migrationId);
      expect([name, data['code'], data['message']]).toEqual(['MigrationRolledBack', 'MIGRATION_BLOCKED', 'a shared folder is mounted']);
      expect(names(migrationId)).not.toContain('VmMigrationReady');
      await expectAllAccountedFor('bound', 'h1');
    },
    TEST_MS,
  );

  it(
    'needs an operator, who is told, when its device cannot be plugged back; nothing is freed',
    async () => {
      await start('stripped');
      await host('h1').simulate({ vmId: 'stripped', verb: 'attach', failCode: 'DRIVER_ERROR' });
      platform.courses.set('stripped', (move) => platform.fail(move));
      const migrationId = await watch.start('stripped', 'h2');
      const { name, data } = await watch.ended(migrationId);
      expect([name, data['code'], data['runsOn']]).toEqual(['MigrationFailed', 'REPLUG_FAILED', 'h1']);
      expect(data['devices']).toMatchObject([{ where: 'unplugged' }]);
      expect(await holds('stripped')).toEqual(['h1', 'h2']);
      await host('h1').simulate({ clear: true });
      await retry(migrationId);
      await watch.event(migrationId, 'MigrationRolledBack');
      await expectAllAccountedFor('stripped', 'h1');
    },
    TEST_MS,
  );
});

describe('a VM that has moved', () => {
  it(
    'has its VLAN on the target, by the order to the agent there',
    async () => {
      await start('tagged');
      const orders: { readonly vmId: string; readonly vlan?: number }[] = [];
      watch.onMessage = (subject, text) => {
        if (subject === agentSubject('h2', 'hostdev.attach')) orders.push(JSON.parse(text()) as (typeof orders)[number]);
      };
      expect((await watch.ended(await watch.start('tagged', 'h2'))).name).toBe('MigrationCompleted');
      expect(orders).toMatchObject([{ vmId: 'tagged', vlan: VLAN }]);
      await expectAllAccountedFor('tagged', 'h2');
    },
    TEST_MS,
  );

  it(
    'gets its device also when both sides report it',
    async () => {
      await start('twofold');
      platform.courses.set('twofold', async ({ vmId, sourceHostId, targetHostId }) => {
        await platform.tell(vmId, sourceHostId);
        await platform.tell(vmId, targetHostId);
      });
      expect((await watch.ended(await watch.start('twofold', 'h2'))).name).toBe('MigrationCompleted');
      await expectAllAccountedFor('twofold', 'h2');
    },
    TEST_MS,
  );

  it(
    'gets its device also when its platform says by request where it runs, be it that nobody listened then',
    async () => {
      for (const vmId of ['reported', 'unheard']) await start(vmId);
      platform.courses.set('reported', ({ vmId, targetHostId }) => platform.report(vmId, targetHostId));
      expect((await watch.ended(await watch.start('reported', 'h2'))).name).toBe('MigrationCompleted');
      where.set('reported', 'h2');
      platform.courses.set('unheard', async ({ vmId, targetHostId }) => {
        await migrator.kill('SIGKILL');
        await platform.report(vmId, targetHostId);
        migrator = await aService('migrator', { pgUrl: database.url, natsUrl: bus.url });
      });
      expect((await watch.ended(await watch.start('unheard', 'h2'))).name).toBe('MigrationCompleted');
      await expectAllAccountedFor('unheard', 'h2');
    },
    TEST_MS,
  );

  it(
    'gets another device when the one that was held for it has gone meanwhile',
    async () => {
      await start('robbed');
      let gone: string | undefined;
      platform.courses.set('robbed', async ({ vmId, targetHostId }: MigrateVm) => {
        gone = (await vfs({ vmId, hostId: targetHostId }))[0]?.address;
        await host(targetHostId).pullOut(gone ?? '');
        await platform.tell(vmId, targetHostId);
      });
      const migrationId = await watch.start('robbed', 'h2');
      expect((await watch.ended(migrationId)).name).toBe('MigrationCompleted');
      expect(names(migrationId)).toContain('TargetReplaced');
      await expectAllAccountedFor('robbed', 'h2');
      expect((await vfs({ vmId: 'robbed' })).map(({ address }) => address)).not.toContain(gone);
    },
    TEST_MS,
  );

  it(
    'without any device that can be plugged needs an operator, who has it tried again',
    async () => {
      await start('bare');
      await host(SMALL).simulate({ vmId: 'bare', verb: 'attach', failCode: 'DRIVER_ERROR' });
      const migrationId = await watch.start('bare', SMALL);
      const { name, data } = await watch.ended(migrationId);
      expect([name, data['code'], data['runsOn']]).toEqual(['MigrationFailed', 'NO_MATCHING_DEVICE', SMALL]);
      expect(data['devices']).toMatchObject([{ where: 'lost' }]);
      expect(names(migrationId).filter((one) => one === 'TargetReplaced')).toHaveLength(8);
      expect(await holds('bare')).toEqual(['h1', SMALL]);
      await host(SMALL).simulate({ clear: true });
      await retry(migrationId);
      await watch.event(migrationId, 'MigrationCompleted');
      await expectAllAccountedFor('bare', SMALL);
      expect(await holds('bare')).toEqual([SMALL]);
    },
    TEST_MS,
  );

  it(
    'without any device that can be plugged needs an operator, who may leave it so',
    async () => {
      await start('resigned');
      await host(SMALL).simulate({ vmId: 'resigned', verb: 'attach', failCode: 'DRIVER_ERROR' });
      const migrationId = await watch.start('resigned', SMALL);
      await watch.event(migrationId, 'MigrationFailed');
      expect((await decide('resolve', migrationId)).state).toBe('completed');
      await expectAllAccountedFor('resigned', SMALL);
      expect(await holds('resigned')).toEqual([SMALL]);
    },
    TEST_MS,
  );

  it(
    'between two silent hosts needs an operator; nothing is freed, and it goes on when they speak again',
    async () => {
      await start('lonely', { ...PATIENT, plug: DEADLINES.plug });
      platform.courses.set('lonely', async ({ vmId, sourceHostId, targetHostId }) => {
        for (const hostId of [sourceHostId, targetHostId]) host(hostId).kill();
        await platform.tell(vmId, targetHostId);
      });
      const migrationId = await watch.start('lonely', 'h2');
      const { name, data } = await watch.ended(migrationId);
      expect([name, data['code'], data['runsOn']]).toEqual(['MigrationFailed', 'NO_ANSWER', 'h2']);
      expect(data['devices']).toMatchObject([{ where: 'unplugged' }]);
      expect(await holds('lonely')).toEqual(['h1', 'h2']);
      const back = [...HOSTS].map((hostId) => watch.heard(hostId));
      for (const hostId of HOSTS) await host(hostId).restart();
      await Promise.all(back);
      await retry(migrationId);
      await watch.event(migrationId, 'MigrationCompleted');
      await expectAllAccountedFor('lonely', 'h2');
    },
    TEST_MS,
  );
});

describe('an operator who changes his mind', () => {
  it(
    'while the device is being unplugged has it plugged back before the end',
    async () => {
      await start('early');
      await host('h1').simulate({ vmId: 'early', verb: 'detach', slowMs: 3_000 });
      const migrationId = await watch.start('early', 'h2');
      await watch.event(migrationId, 'HostdevUnplugRequested');
      await decide('cancel', migrationId);
      expect((await watch.ended(migrationId)).name).toBe('MigrationCancelled');
      expect(names(migrationId).slice(-4)).toEqual(['HostdevUnplugged', 'HostdevPlugRequested', 'HostdevPlugged', 'MigrationCancelled']);
      await expectAllAccountedFor('early', 'h1');
    },
    TEST_MS,
  );

  it(
    'while the VM may move has its device plugged back',
    async () => {
      await start('late');
      platform.courses.set('late', () => Promise.resolve());
      const migrationId = await watch.start('late', 'h2');
      await watch.event(migrationId, 'VmMigrationReady');
      await decide('cancel', migrationId);
      expect((await watch.ended(migrationId)).name).toBe('MigrationCancelled');
      await expectAllAccountedFor('late', 'h1');
    },
    TEST_MS,
  );

  it(
    'when the VM is on the target comes too late',
    async () => {
      await start('too-late');
      await host('h2').simulate({ vmId: 'too-late', verb: 'attach', slowMs: 500 });
      const migrationId = await watch.start('too-late', 'h2');
      await watch.event(migrationId, 'VmMigrated');
      await expect(decide('cancel', migrationId)).rejects.toThrow(Refused);
      expect((await watch.ended(migrationId)).name).toBe('MigrationCompleted');
      await expectAllAccountedFor('too-late', 'h2');
    },
    TEST_MS,
  );
});

describe('two VMs for the last VF of a host', () => {
  it(
    'go there one after the other: one moves, the other is refused and keeps what it has',
    async () => {
      const free = (await vfs({ hostId: SMALL, state: 'available' })).length;
      for (let n = 1; n < free; n += 1)
        await ask(nats, 'reservations.reserve', { vmId: `filler-${n}`, hostId: SMALL, devices: [{ device: VF_NAME }] });
      const rivals = ['rival-1', 'rival-2'];
      for (const vmId of rivals) await start(vmId);
      // Whether the refusal is heard by the reply or by the event is a matter of time.
      const endOf = async (vmId: string): Promise<unknown> => {
        const { name, data } = await watch.ended(await watch.start(vmId, SMALL));
        return name === 'MigrationRejected' ? data['code'] : name;
      };
      const ends = await Promise.all(rivals.map((vmId) => endOf(vmId).catch((error: Error) => error.message)));
      expect(new Set(ends)).toEqual(new Set(['MigrationCompleted', 'NO_MATCHING_DEVICE']));
      const [winner, loser] = ends[0] === 'MigrationCompleted' ? rivals : rivals.toReversed();
      await expectAllAccountedFor(winner ?? '', SMALL);
      await expectAllAccountedFor(loser ?? '', 'h1');
    },
    TEST_MS,
  );
});
