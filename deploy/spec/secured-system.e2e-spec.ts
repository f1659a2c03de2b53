import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { VfleetClient } from '@vfleet/client';
import type { CloudEvent, Device } from '@vfleet/contracts';
import { aDatabase, aFolder, aProgram, MovingPlatform, SimulatedHost, until, VF_NAME, type RunningProgram, type TestDatabase } from '@vfleet/testing';
import { renew } from '../../apps/cli/src/security/bus-folder.js';
import { reloadServer } from '../../apps/cli/src/security/reload.js';
import { aSecuredBus, host, inboxOf, service, type SecuredBus } from './secured-bus.js';

const START_MS = 240_000;
const HOSTS = ['h1', 'h2'] as const;
const SERVICES = ['allocator', 'inventory', 'migrator'] as const;
/** Two cards a host. */
const VFS = 16;

let database: TestDatabase;
let bus: SecuredBus;
let dashboard: RunningProgram;
let operator: VfleetClient;
let moving: MovingPlatform;
const services: RunningProgram[] = [];
const hosts = new Map<string, SimulatedHost>();
const connections: NatsConnection[] = [];
const heard: CloudEvent<Readonly<Record<string, unknown>>>[] = [];

const open = async (name: string): Promise<NatsConnection> => {
  const nats = await bus.connectAs(service(name));
  connections.push(nats);
  return nats;
};

const clientAs = (name: string): Promise<VfleetClient> => {
  const folder = bus.identity(service(name));
  const tls = { caFile: join(folder, 'ca.crt'), certFile: join(folder, 'user.crt'), keyFile: join(folder, 'user.key') };
  return VfleetClient.connect({ url: bus.url, tls, inboxPrefix: inboxOf(service(name)), timeoutMs: 10_000 });
};

const environmentOf = (name: string): NodeJS.ProcessEnv => ({
  VFLEET_PG_URL: database.url,
  VFLEET_NATS_URL: bus.url,
  VFLEET_NATS_IDENTITY: bus.identity(service(name)),
});

beforeAll(async () => {
  [database, bus] = await Promise.all([aDatabase(), aSecuredBus(HOSTS)]);
  operator = await clientAs('operator');
  operator.nats.subscribe('vfleet.evt.>', { callback: (_, message) => void heard.push(message.json()) });
  for (const name of SERVICES) {
    const program = aProgram(name, [], environmentOf(name));
    services.push(program);
    await until(
      `${name} to answer; it said ${program.said()}`,
      () => operator.nats.request(`$SRV.PING.vfleet-${name}`, '', { timeout: 500 }),
      START_MS,
    );
  }
  dashboard = aProgram('dashboard', [], { ...environmentOf('dashboard'), VFLEET_DASHBOARD_PORT: '0', VFLEET_DASHBOARD_READ_WITHOUT_TOKEN: 'true' });
  const migrator = await open('migrator');
  for (const hostId of HOSTS)
    hosts.set(
      hostId,
      new SimulatedHost(hostId, migrator, { natsUrl: bus.url, environment: { VFLEET_AGENT_NATS_IDENTITY: bus.identity(host(hostId)) } }),
    );
  moving = new MovingPlatform(await open('platform'), hosts);
  moving.respond(true);
}, START_MS);

afterAll(async () => {
  moving?.close();
  await Promise.all([...hosts.values()].map((one) => one.close()));
  await Promise.all([...services, dashboard].map((one) => one?.kill()));
  await Promise.all(connections.map((one) => one.close()));
  await operator?.close();
  await bus?.close();
  await database?.close();
});

const devices = async (filter: Record<string, unknown>): Promise<readonly Device[]> =>
  (await operator.request('devices.list', { filter, limit: 1_000 })).items;
const event = (name: string, vmId: string): Promise<CloudEvent<Readonly<Record<string, unknown>>>> =>
  until(`${name} of ${vmId}; heard ${heard.map(({ type }) => type).join(' ')}`, () =>
    heard.find(({ type, data }) => type === `io.vfleet.${name}.v1` && data['vmId'] === vmId),
  );

describe('a system in which each speaks as itself', () => {
  it(
    'knows what its hosts tell of',
    async () => {
      for (const hostId of HOSTS)
        await until(
          `the VFs of ${hostId}; its agent said ${hosts.get(hostId)?.said()}`,
          async () => (await devices({ hostId, name: VF_NAME })).length === VFS,
          START_MS,
        );
    },
    START_MS,
  );

  it(
    'gives a VM a device, and moves it with its VM',
    async () => {
      await moving.start('vm-1', 'h1');
      await operator.request('migrations.start', { vmId: 'vm-1', targetHostId: 'h2' });
      await event('MigrationCompleted', 'vm-1');
      expect((await devices({ vmId: 'vm-1' })).map(({ hostId }) => hostId)).toEqual(['h2']);
    },
    START_MS,
  );

  it('shows an operator that it works, and a reader and a platform what has happened', async () => {
    const { services: found } = await operator.request('system.status');
    expect(found.map(({ name }) => name).sort()).toEqual(expect.arrayContaining(['vfleet-allocator', 'vfleet-inventory', 'vfleet-migrator']));
    for (const name of ['reader', 'platform']) {
      const client = await clientAs(name);
      const events = client.events({ subject: 'vfleet.evt.vm.*.*.DevicesReserved', fromPosition: 1 });
      expect((await events.next()).value).toMatchObject({ data: { vmId: 'vm-1' } });
      await events.return?.();
      expect((await client.request('hosts.list')).items.map(({ hostId }) => hostId).sort()).toEqual([...HOSTS]);
      await client.close();
    }
  });

  it('lets an operator’s command line work', async () => {
    const context = join(aFolder('command-line'), 'config');
    const folder = bus.identity(service('operator'));
    const files = ['--ca', join(folder, 'ca.crt'), '--cert', join(folder, 'user.crt'), '--key', join(folder, 'user.key')];
    const vfleet = (...words: string[]): RunningProgram => aProgram('cli', words, { XDG_CONFIG_HOME: context });
    const made = vfleet('context', 'set', 'secured', '--server', bus.url, ...files, '--inbox-prefix', inboxOf(service('operator')));
    expect([await made.ended, made.said()]).toEqual([0, expect.stringContaining('secured is made')]);
    const listed = vfleet('hosts', 'ls', '-o', 'name');
    expect([await listed.ended, listed.said()]).toEqual([0, 'h1\nh2\n']);
  });

  it('serves its dashboard', async () => {
    const url = await until(`the dashboard's address; it said ${dashboard.said()}`, () => /"url":"([^"]+)"/.exec(dashboard.said())?.[1]);
    await until(
      'the dashboard to be on the bus',
      async () => ((await (await fetch(new URL('/health/ready', url))).json()) as { nats: boolean }).nats,
    );
    const answer = await fetch(new URL('/api/hosts.list', url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    expect(answer.status).toBe(200);
  });

  it('breaks no permission while it works', () => {
    expect(bus.violations()).toEqual([]);
  });
});

describe('certificates that are renewed while all runs', () => {
  it(
    'are taken by their programs without a restart',
    async () => {
      for (const user of [host('h1'), service('allocator')]) await renew(bus.folder, user);
      reloadServer(bus.pidFile);
      const renewed = new Date().toISOString();
      await until(
        'h1 to be heard by the allocator again',
        async () => (await operator.request('hosts.get', { hostId: 'h1' })).lastSeenAt > renewed,
        START_MS,
      );
      expect(bus.violations()).toEqual([]);
    },
    START_MS,
  );
});

describe('a host whose certificate is abused', () => {
  const forged = async (subject: string, fact: object): Promise<void> => {
    const thief = await bus.connectAs(host('h1'));
    thief.publish(subject, JSON.stringify(fact));
    await thief.flush();
    await thief.close();
  };
  const common = { hostId: 'h1', observedAt: new Date().toISOString() };
  /** Older than any agent that runs. */
  const OLD_EPOCH = '018e0000-0000-7000-8000-000000000001';
  const letters = async (code: string, subject: string): Promise<number> =>
    (await operator.request('deadletters.list', { limit: 100 })).items.filter((letter) => letter.code === code && letter.subject === subject).length;

  it('cannot speak for another within a fact of its own: what it says of itself must be its subject’s', async () => {
    const subject = 'vfleet.in.host.h1.HostOffline';
    await forged(subject, { ...common, hostId: 'h2', epoch: OLD_EPOCH, sequence: 1, reason: 'forged' });
    await until('the forged fact among the dead letters', async () => (await letters('SUBJECT_MISMATCH', subject)) > 0);
    expect((await operator.request('hosts.get', { hostId: 'h2' })).state).toBe('online');
  });

  it('cannot take back what a newer agent has said, by a fact of an older one', async () => {
    const [device] = await devices({ hostId: 'h1', name: VF_NAME });
    const { deviceId, address } = device as Device;
    await forged('vfleet.in.host.h1.DeviceRemoved', { ...common, epoch: OLD_EPOCH, sequence: 2, deviceId, address, reason: 'replayed' });
    const marker = 'vfleet.in.host.h1.HostOffline';
    const before = await letters('SUBJECT_MISMATCH', marker);
    await forged(marker, { ...common, hostId: 'h3', epoch: OLD_EPOCH, sequence: 3, reason: 'marker' });
    await until('what came after it to be dealt with', async () => (await letters('SUBJECT_MISMATCH', marker)) > before);
    expect(await devices({ hostId: 'h1', name: VF_NAME })).toHaveLength(VFS);
    expect(heard.filter(({ type }) => type === 'io.vfleet.DeviceRemoved.v1')).toEqual([]);
  });
});
