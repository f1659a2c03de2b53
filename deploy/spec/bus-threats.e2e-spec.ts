import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { STREAMS } from '@vfleet/contracts';
import { aFolder, aNatsServer, until } from '@vfleet/testing';
import { add, initialise, renew, revoke } from '../../apps/cli/src/security/bus-folder.js';
import { issue, readCertificate, type Credential } from '../../apps/cli/src/security/certificates.js';
import type { BusUser } from '../../apps/cli/src/security/secured-server.js';
import { reloadServer } from '../../apps/cli/src/security/reload.js';
import { aSecuredBus, host, inboxOf, mayHear, mayPublish, refusals, service, tlsOf, type SecuredBus } from './secured-bus.js';

const users = {
  h1: host('h1'),
  h2: host('h2'),
  allocator: service('allocator'),
  migrator: service('migrator'),
  inventory: service('inventory'),
  dashboard: service('dashboard'),
  operator: service('operator'),
  platform: service('platform'),
  reader: service('reader'),
} as const;
type Name = keyof typeof users;

let bus: SecuredBus;
const connections = new Map<Name, NatsConnection>();
const as = (name: Name): NatsConnection => connections.get(name) as NatsConnection;

beforeAll(async () => {
  bus = await aSecuredBus(['h1', 'h2', 'going', 'back']);
  for (const name of Object.keys(users) as Name[]) connections.set(name, await bus.connectAs(users[name]));
  const manager = await jetstreamManager(as('allocator'));
  for (const { name, subjects } of Object.values(STREAMS)) await manager.streams.add({ name, subjects: [...subjects], allow_direct: true });
});
afterAll(async () => {
  for (const connection of connections.values()) await connection.close();
  await bus?.close();
});

type Try = readonly [threat: number, user: Name, act: 'publishes to' | 'hears', subject: string];
const isAllowed = ([, user, act, subject]: Try): Promise<boolean> => (act === 'hears' ? mayHear(as(user), subject) : mayPublish(as(user), subject));

const JS = '$JS.API';
const REFUSED: readonly Try[] = [
  [1, 'h1', 'publishes to', 'vfleet.in.host.h2.DeviceDiscovered'],
  [1, 'h1', 'publishes to', 'vfleet.in.host.h2.InventoryAttested'],
  [1, 'h1', 'publishes to', 'vfleet.in.host.h1.DeviceDiscovered.more'],
  [1, 'h1', 'publishes to', 'vfleet.in.vm.vm-1.VmStateChanged'],
  [1, 'platform', 'publishes to', 'vfleet.in.host.h1.DeviceRemoved'],
  [1, 'operator', 'publishes to', 'vfleet.in.host.h1.DeviceRemoved'],
  [1, 'dashboard', 'publishes to', 'vfleet.in.vm.vm-1.VmStateChanged'],
  [1, 'reader', 'publishes to', 'vfleet.in.vm.vm-1.VmStateChanged'],
  ...(['h1', 'migrator', 'inventory', 'dashboard', 'operator', 'platform', 'reader'] as const).map((user): Try => [
    2,
    user,
    'publishes to',
    'vfleet.evt.vm.h1.vm-1.DevicesReserved',
  ]),
  ...(['h1', 'inventory', 'dashboard', 'operator', 'platform', 'reader'] as const).map((user): Try => [
    2,
    user,
    'publishes to',
    'vfleet.dlq.host.h1.DeviceDiscovered',
  ]),
  ...['>', 'vfleet.>', 'vfleet.in.>', 'vfleet.in.host.h1.>', 'vfleet.in.host.h2.>', 'vfleet.evt.>', 'vfleet.dlq.>', 'vfleet.api.>'].map(
    (subject): Try => [3, 'h1', 'hears', subject],
  ),
  ...['_INBOX.>', '_INBOX_h2.>', '_INBOX.allocator.>', '_INBOX.operator.>', '$SYS.>', '$SYS.ACCOUNT.*.CONNECT', '$JS.EVENT.>', '$SRV.>'].map(
    (subject): Try => [3, 'h1', 'hears', subject],
  ),
  [3, 'platform', 'hears', 'vfleet.in.>'],
  [3, 'platform', 'hears', '_INBOX.operator.>'],
  [3, 'reader', 'hears', '>'],
  [3, 'reader', 'hears', '_INBOX.>'],
  [3, 'operator', 'hears', 'vfleet.api.>'],
  [3, 'operator', 'hears', '_INBOX_h1.>'],
  [3, 'dashboard', 'hears', 'vfleet.evt.>'],
  [3, 'allocator', 'hears', '_INBOX.operator.>'],
  [3, 'operator', 'publishes to', '$SYS.REQ.SERVER.PING'],
  ...['STREAM.DELETE', 'STREAM.PURGE', 'STREAM.MSG.GET', 'STREAM.INFO', 'STREAM.CREATE', 'STREAM.UPDATE', 'STREAM.MSG.DELETE', 'DIRECT.GET'].map(
    (verb): Try => [4, 'h1', 'publishes to', `${JS}.${verb}.VFLEET_IN`],
  ),
  ...['INFO', 'STREAM.NAMES', 'STREAM.LIST', 'CONSUMER.CREATE.VFLEET_IN', 'CONSUMER.CREATE.VFLEET_EVT', 'CONSUMER.LIST.VFLEET_IN'].map(
    (verb): Try => [4, 'h1', 'publishes to', `${JS}.${verb}`],
  ),
  ...(['migrator', 'inventory', 'dashboard', 'operator', 'platform', 'reader'] as const).map((user): Try => [
    4,
    user,
    'publishes to',
    `${JS}.STREAM.DELETE.VFLEET_EVT`,
  ]),
  ...(['allocator', 'migrator', 'inventory', 'dashboard', 'operator', 'platform', 'reader'] as const).map((user): Try => [
    4,
    user,
    'publishes to',
    `${JS}.STREAM.PURGE.VFLEET_EVT`,
  ]),
  [4, 'platform', 'publishes to', `${JS}.CONSUMER.CREATE.VFLEET_IN.c`],
  [4, 'reader', 'publishes to', `${JS}.STREAM.MSG.GET.VFLEET_IN`],
  [5, 'h1', 'hears', 'vfleet.agent.h2.>'],
  [5, 'h1', 'hears', 'vfleet.agent.>'],
  [5, 'h1', 'hears', 'vfleet.agent.*.hostdev.attach'],
  [5, 'h1', 'publishes to', 'vfleet.agent.h2.hostdev.attach'],
  [5, 'h1', 'publishes to', 'vfleet.agent.h1.hostdev.attach'],
  [5, 'h1', 'publishes to', `${JS}.CONSUMER.MSG.NEXT.VFLEET_IN.allocator-1`],
  [5, 'h1', 'publishes to', '$JS.ACK.VFLEET_IN.allocator-1.1.1.1.1.1'],
  ...(['inventory', 'dashboard', 'operator', 'platform', 'reader'] as const).map((user): Try => [
    5,
    user,
    'publishes to',
    'vfleet.agent.h1.hostdev.attach',
  ]),
  [5, 'platform', 'publishes to', 'vfleet.platform.vm.migrate'],
  [5, 'platform', 'publishes to', 'vfleet.internal.allocator.moves.settle'],
  [5, 'h1', 'publishes to', 'vfleet.internal.relay.kick'],
  [6, 'h1', 'publishes to', '_INBOX.allocator.guessed'],
  [6, 'h1', 'publishes to', '_INBOX.operator.guessed'],
  [6, 'h1', 'publishes to', '_INBOX_h2.guessed'],
  [6, 'reader', 'publishes to', '_INBOX.operator.guessed'],
  ...['devices.cordon', 'vms.report', 'reservations.release', 'migrations.start', 'deadletters.replay', 'policies.put'].map((name): Try => [
    6,
    'h1',
    'publishes to',
    `vfleet.api.${name}`,
  ]),
  ...['devices.cordon', 'vms.report', 'reservations.release', 'migrations.start', 'deadletters.replay', 'policies.put'].map((name): Try => [
    6,
    'reader',
    'publishes to',
    `vfleet.api.${name}`,
  ]),
  ...['policies.put', 'quotas.put', 'models.create', 'deadletters.replay', 'devices.cordon'].map((name): Try => [
    6,
    'platform',
    'publishes to',
    `vfleet.api.${name}`,
  ]),
];

const ALLOWED: readonly Try[] = [
  [1, 'h1', 'publishes to', 'vfleet.in.host.h1.DeviceDiscovered'],
  [1, 'h2', 'publishes to', 'vfleet.in.host.h2.DeviceDiscovered'],
  [1, 'platform', 'publishes to', 'vfleet.in.vm.vm-1.VmStateChanged'],
  [2, 'allocator', 'publishes to', 'vfleet.evt.vm.h1.vm-1.DevicesReserved'],
  [3, 'h1', 'hears', '_INBOX_h1.>'],
  [3, 'platform', 'hears', 'vfleet.evt.>'],
  [3, 'operator', 'hears', 'vfleet.dlq.>'],
  [5, 'h1', 'hears', 'vfleet.agent.h1.>'],
  [5, 'migrator', 'publishes to', 'vfleet.agent.h1.hostdev.attach'],
  [5, 'allocator', 'publishes to', 'vfleet.agent.h1.probe'],
  [6, 'h1', 'publishes to', 'vfleet.api.devices.list'],
  [6, 'reader', 'publishes to', 'vfleet.api.devices.list'],
  [6, 'operator', 'publishes to', 'vfleet.api.policies.put'],
  [6, 'allocator', 'publishes to', '_R_.where.asked'],
];

describe('on the bus that vfleet security makes', () => {
  it.each(REFUSED)('threat %i: it is refused that %s %s %s', async (...one) => {
    expect(await isAllowed(one)).toBe(false);
  });

  it.each(ALLOWED)('threat %i: it is allowed that %s %s %s', async (...one) => {
    expect(await isAllowed(one)).toBe(true);
  });
});

it('as many acts are tried as the page of the bus’s security says', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/reference/security.md'), 'utf8');
  expect(page).toContain(`${REFUSED.length} forbidden acts, all refused, and ${ALLOWED.length} that are needed`);
});

describe('threat 6: a host’s agent', () => {
  it('answers what it was asked, once', async () => {
    const [agent, migrator] = [as('h1'), as('migrator')];
    const replies: string[] = [];
    const inbox = `${inboxOf(users.migrator)}.spec`;
    migrator.subscribe(inbox, { callback: (_, message) => void replies.push(message.string()) });
    const asked = new Promise<void>((resolve) => {
      agent.subscribe('vfleet.agent.h1.hostdev.attach', {
        callback: (_, message) => {
          message.respond('first');
          message.respond('second');
          resolve();
        },
      });
    });
    await agent.flush();
    migrator.publish('vfleet.agent.h1.hostdev.attach', '{}', { reply: inbox });
    await asked;
    await agent.flush();
    await migrator.flush();
    expect(replies).toEqual(['first']);
  });
});

describe('threat 7: somebody in between', () => {
  const own = (): ReturnType<typeof tlsOf> => tlsOf(bus.identity(users.h1));
  const reach = (options: object): Promise<NatsConnection> => connect({ servers: bus.url, reconnect: false, ...options });

  it('hears nothing: without TLS, and without a certificate, nobody is let in', async () => {
    await expect(reach({ servers: `nats://127.0.0.1:${bus.port}`, tls: null })).rejects.toThrow();
    await expect(reach({ tls: { ca: own().ca } })).rejects.toThrow();
    await expect(reach({ user: 'operator', pass: 'guessed', tls: { ca: own().ca } })).rejects.toThrow();
  });

  it('cannot be the server: an agent talks to none whose certificate another authority has signed, nor to one without TLS', async () => {
    const foreign = join(aFolder('foreign'), 'bus');
    await initialise(foreign, { serverNames: ['a'], host: 'a', port: 1, storeDir: '/', pidFile: '/', at: '/', days: 1 });
    const { ca } = tlsOf(join(foreign, 'services', 'operator'));
    await expect(reach({ tls: { ...own(), ca } })).rejects.toThrow(/self-signed|unable to verify|issuer/);
    const plain = await aNatsServer();
    await expect(reach({ servers: `127.0.0.1:${new URL(plain.url).port}`, tls: own() })).rejects.toThrow(/tls/);
    await plain.close();
  });

  it('cannot be a host: a certificate of another authority is nobody’s, whatever name it bears', async () => {
    const foreign = join(aFolder('foreign'), 'bus');
    await initialise(foreign, { serverNames: ['a'], host: 'a', port: 1, storeDir: '/', pidFile: '/', at: '/', days: 1 });
    await add(foreign, users.h1);
    const { cert, key } = tlsOf(join(foreign, 'hosts', 'h1'));
    await expect(reach({ tls: { ...own(), cert, key } })).rejects.toThrow();
  });
});

describe('a host that has its answers go elsewhere', () => {
  const ELSEWHERE = [
    'vfleet.evt.vm.h2.vm-1.DevicesReserved',
    'vfleet.in.host.h2.DeviceRemoved',
    'vfleet.dlq.host.h2.DeviceRemoved',
    'vfleet.agent.h2.hostdev.attach',
    '_INBOX.operator.guessed',
    ...Object.values(STREAMS).flatMap(({ name }) => ['PURGE', 'DELETE', 'MSG.DELETE'].map((verb) => `${JS}.STREAM.${verb}.${name}`)),
  ];
  const states = async (): Promise<readonly (readonly [string, number, number])[]> => {
    const { streams } = await jetstreamManager(as('allocator'));
    const all = await Promise.all(Object.values(STREAMS).map(({ name }) => streams.info(name)));
    return all.map(({ config, state: { messages, last_seq } }) => [config.name, messages, last_seq] as const);
  };

  it.each(ELSEWHERE)('comes to nothing: %s', async (reply) => {
    const heard: string[] = [];
    as('h2').subscribe('vfleet.agent.h2.>', { callback: (_, message) => void heard.push(message.subject) });
    as('operator').subscribe(`${inboxOf(users.operator)}.guessed`, { callback: (_, message) => void heard.push(message.subject) });
    as('inventory').subscribe('vfleet.api.devices.list', { callback: (_, message) => void message.respond() });
    for (const name of ['h2', 'operator', 'inventory'] as const) await as(name).flush();
    for (const subject of ['vfleet.evt.vm.h1.vm-1.DevicesReserved', 'vfleet.dlq.host.h1.DeviceRemoved'])
      await jetstream(as('allocator')).publish(subject, '{}');
    await jetstream(as('h2')).publish('vfleet.in.host.h2.HostOnline', '{}');
    const before = await states();
    // JetStream answers what it has stored, a service what it was asked: with nothing, as the API wants it that deletes a stream.
    as('h1').publish('vfleet.in.host.h1.HostOnline', '{}', { reply });
    as('h1').publish('vfleet.api.devices.list', '{}', { reply });
    await as('h1').request('vfleet.api.devices.list', '{}');
    await jetstream(as('h1')).publish('vfleet.in.host.h1.HostOnline', '{}');
    // Its own two facts are there, and nothing else is, or has gone.
    const own = before.map(([name, messages, last]) => (name === STREAMS.IN.name ? [name, messages + 2, last + 2] : [name, messages, last]));
    expect([await states(), heard]).toEqual([own, []]);
  });
});

describe('threat 8: a stolen certificate', () => {
  const commonNameOf = (user: BusUser): string => readCertificate(tlsOf(bus.identity(user)).cert).commonName;
  /** The thief's copy. */
  const stolen = (user: BusUser): ReturnType<typeof tlsOf> => tlsOf(bus.identity(user));

  it('lies in files that only their owner reads', () => {
    for (const user of [users.h1, users.allocator]) expect(statSync(join(bus.identity(user), 'user.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(bus.folder, 'authority', 'ca.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(bus.folder, 'server', 'server.key')).mode & 0o777).toBe(0o600);
  });

  it('is cut off when its host is revoked, at once, and is refused from then on; others stay', async () => {
    const user = host('going');
    const copy = stolen(user);
    const thief = await bus.connectAs(user);
    const gone = thief.closed();
    revoke(bus.folder, user);
    reloadServer(bus.pidFile);
    await gone;
    await expect(connect({ servers: bus.url, reconnect: false, tls: copy })).rejects.toThrow();
    expect(await mayPublish(as('h1'), 'vfleet.in.host.h1.HostOnline')).toBe(true);
    expect(as('allocator').isClosed()).toBe(false);
  });

  it('stays worthless when its host gets another one', async () => {
    const user = host('back');
    const copy = stolen(user);
    const thief = await bus.connectAs(user);
    const gone = thief.closed();
    await renew(bus.folder, user);
    reloadServer(bus.pidFile);
    await gone;
    await expect(connect({ servers: bus.url, reconnect: false, tls: copy })).rejects.toThrow();
    const owner = await until('the new one to be taken', () => bus.connectAs(user));
    expect(await mayPublish(owner, 'vfleet.in.host.back.HostOnline')).toBe(true);
    await owner.close();
  });

  it('is refused once its time is over', async () => {
    const authority = join(bus.folder, 'authority');
    const [certificate, key] = ['ca.crt', 'ca.key'].map((name) => readFileSync(join(authority, name), 'utf8')) as [string, string];
    const issued = (until: Date): ReturnType<typeof issue> =>
      issue({ certificate, key }, { commonName: commonNameOf(users.h1), from: new Date(0), until });
    const reach = async ({ certificate: cert, key: own }: Credential): Promise<void> =>
      (await connect({ servers: bus.url, reconnect: false, tls: { ca: certificate, cert, key: own } })).close();
    await expect(reach(await issued(new Date(Date.now() - 1_000)))).rejects.toThrow();
    await expect(reach(await issued(new Date(Date.now() + 3_600_000)))).resolves.toBeUndefined();
  });
});

describe('threat 11: a flood', () => {
  it('of one message is refused that is larger than any may be', async () => {
    const agent = await bus.connectAs(users.h1);
    expect(() => agent.publish('vfleet.in.host.h1.DeviceDiscovered', new Uint8Array((agent.info?.max_payload ?? 0) + 1))).toThrow(
      /max_payload|exceeded/i,
    );
    await agent.close();
  });

  it('of connections of one host ends at a bound, and leaves room for others', async () => {
    const flood: NatsConnection[] = [];
    await expect(
      (async () => {
        for (let n = 0; n < 20; n += 1) flood.push(await bus.connectAs(users.h2));
      })(),
    ).rejects.toThrow(/maximum/i);
    await (await bus.connectAs(users.h1)).close();
    for (const connection of flood) await connection.close();
  });

  it('of subscriptions ends at a bound', async () => {
    const agent = await bus.connectAs(users.h1);
    const subscribe = (count: number): Promise<readonly string[]> =>
      refusals(agent, () => Array.from({ length: count }, (_, n) => agent.subscribe(`vfleet.agent.h1.${n}`, { callback: () => undefined })));
    expect(await subscribe(500)).toEqual([]);
    expect((await subscribe(100)).join()).toMatch(/maximum subscriptions exceeded/i);
    await agent.close();
  });
});

describe('a host that comes while the server runs', () => {
  it('is heard and asked after its reloads, and after it has got another certificate; others are heard all along', async () => {
    const user = host('late');
    await add(bus.folder, user);
    reloadServer(bus.pidFile);
    await until('its certificate to be taken', async () => (await bus.connectAs(user)).close().then(() => true));
    expect((await jetstream(as('h1')).publish('vfleet.in.host.h1.HostOnline', '{}')).stream).toBe(STREAMS.IN.name);
    reloadServer(bus.pidFile);
    const isHeardAndAsked = async (): Promise<void> => {
      const agent = await bus.connectAs(user);
      await until('its facts to be stored', () => jetstream(agent).publish('vfleet.in.host.late.HostOnline', '{}', { timeout: 1_000 }));
      agent.subscribe('vfleet.agent.late.probe', { callback: (_, message) => void message.respond('here') });
      await agent.flush();
      expect((await as('allocator').request('vfleet.agent.late.probe', '{}', { timeout: 30_000 })).string()).toBe('here');
      await agent.close();
    };
    await isHeardAndAsked();
    await renew(bus.folder, user);
    reloadServer(bus.pidFile);
    await until('the new one to be taken', async () => (await bus.connectAs(user)).close().then(() => true));
    await isHeardAndAsked();
    expect((await jetstream(as('h1')).publish('vfleet.in.host.h1.HostOnline', '{}')).stream).toBe(STREAMS.IN.name);
  });
});

describe('facts', () => {
  it('of a host reach the stream, and the host hears that they did', async () => {
    const agent = as('h1');
    const { stream } = await jetstream(agent).publish('vfleet.in.host.h1.HostOnline', '{}');
    expect(stream).toBe(STREAMS.IN.name);
  });
});
