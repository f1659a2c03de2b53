import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { inboxOf, inboxOfHost, localOperatorPermissions, parseNatsUrl, STREAMS } from '@vfleet/contracts';
import { NatsServer } from '@vfleet/embedded';
import { aFolder } from '@vfleet/testing';
import { busUsers } from '../../apps/all-in-one/src/bus-users.js';
import { mayHear, mayPublish } from './secured-bus.js';

const INBOXES = {
  operator: '_INBOX',
  allocator: inboxOf('allocator'),
  migrator: inboxOf('migrator'),
  inventory: inboxOf('inventory'),
  dashboard: inboxOf('dashboard'),
  simulation: '_INBOX.simulation',
  'sim-01': inboxOfHost('sim-01'),
} as const;
type Name = keyof typeof INBOXES;

const folder = aFolder('local-bus');
let server: NatsServer;
const connections = new Map<Name, NatsConnection>();
const as = (name: Name): NatsConnection => connections.get(name) as NatsConnection;
const urlOf = (name: Name): string => (name === 'operator' ? server.url : server.urlFor(name));
const connectAs = (name: Name, inboxPrefix: string = INBOXES[name]): Promise<NatsConnection> =>
  connect({ ...parseNatsUrl(urlOf(name)), inboxPrefix, reconnect: false });

beforeAll(async () => {
  server = await NatsServer.start({ storeDir: folder, operator: localOperatorPermissions(), users: busUsers('secret', 2) });
  for (const name of Object.keys(INBOXES) as Name[]) connections.set(name, await connectAs(name));
  const manager = await jetstreamManager(as('allocator'));
  for (const { name, subjects } of Object.values(STREAMS)) await manager.streams.add({ name, subjects: [...subjects], allow_direct: true });
});
afterAll(async () => {
  for (const connection of connections.values()) await connection.close();
  await server?.stop();
});

type Try = readonly [user: Name, act: 'publishes to' | 'hears', subject: string];
const isAllowed = ([user, act, subject]: Try): Promise<boolean> => (act === 'hears' ? mayHear(as(user), subject) : mayPublish(as(user), subject));

const REFUSED: readonly Try[] = [
  ['operator', 'publishes to', 'vfleet.evt.vm.h1.vm-1.DevicesReserved'],
  ['operator', 'publishes to', 'vfleet.dlq.vm.vm-1.VmStateChanged'],
  ['operator', 'publishes to', 'vfleet.internal.allocator.moves.settle'],
  ...Object.values(STREAMS).map(({ name }): Try => ['operator', 'publishes to', `$JS.API.STREAM.UPDATE.${name}`]),
  ...['PURGE', 'MSG.DELETE'].flatMap((verb) =>
    ['VFLEET_IN', 'VFLEET_DLQ'].map((name): Try => ['operator', 'publishes to', `$JS.API.STREAM.${verb}.${name}`]),
  ),
  ['operator', 'publishes to', '$JS.API.STREAM.DELETE.VFLEET_IN'],
  ['operator', 'publishes to', '$JS.API.STREAM.DELETE.VFLEET_DLQ'],
  ['operator', 'hears', 'vfleet.api.devices.list'],
  ['operator', 'hears', 'vfleet.internal.>'],
  ['operator', 'hears', '$SRV.PING'],
  ['operator', 'hears', `${inboxOf('allocator')}.>`],
  ['operator', 'hears', `${inboxOf('migrator')}.one.two`],
  ['inventory', 'publishes to', 'vfleet.evt.vm.h1.vm-1.DevicesReserved'],
  ['inventory', 'publishes to', '$JS.API.STREAM.DELETE.VFLEET_EVT'],
  ['migrator', 'publishes to', 'vfleet.evt.vm.h1.vm-1.DevicesReserved'],
  ['migrator', 'hears', `${inboxOf('allocator')}.>`],
  ['dashboard', 'publishes to', 'vfleet.in.vm.vm-1.VmStateChanged'],
  ['dashboard', 'publishes to', 'vfleet.agent.sim-01.hostdev.attach'],
  ['simulation', 'publishes to', 'vfleet.in.host.sim-01.HostOnline'],
  ['simulation', 'publishes to', 'vfleet.api.vms.report'],
  ['sim-01', 'publishes to', 'vfleet.in.host.sim-02.HostOnline'],
  ['sim-01', 'publishes to', 'vfleet.in.vm.vm-1.VmStateChanged'],
  ['sim-01', 'publishes to', 'vfleet.agent.sim-02.hostdev.detach'],
  ['sim-01', 'hears', 'vfleet.agent.sim-02.>'],
  ['sim-01', 'hears', 'vfleet.evt.>'],
  ['sim-01', 'hears', '_INBOX.>'],
];

const ALLOWED: readonly Try[] = [
  ['operator', 'publishes to', 'vfleet.in.host.anyone.HostOnline'],
  ['operator', 'publishes to', 'vfleet.in.vm.vm-1.VmStateChanged'],
  ['operator', 'publishes to', 'vfleet.api.policies.put'],
  ['operator', 'publishes to', 'vfleet.agent.anyone.probe'],
  ['operator', 'publishes to', `${inboxOf('migrator')}.one.two`],
  ['operator', 'hears', 'vfleet.agent.anyone.>'],
  ['operator', 'hears', 'vfleet.platform.vm.migrate'],
  ['operator', 'hears', 'vfleet.evt.>'],
  ['operator', 'hears', 'vfleet.dlq.>'],
  ['operator', 'hears', '_INBOX_anyone.>'],
  ['operator', 'hears', '>'],
  ['allocator', 'publishes to', 'vfleet.evt.vm.h1.vm-1.DevicesReserved'],
  ['sim-01', 'publishes to', 'vfleet.in.host.sim-01.HostOnline'],
  ['simulation', 'hears', 'vfleet.evt.vm.*.*.VmStateRecorded'],
];

describe('on the bus that npm start starts', () => {
  it.each(REFUSED)('%s %s %s: refused', async (...one) => {
    expect(await isAllowed(one)).toBe(false);
  });

  it.each(ALLOWED)('%s %s %s: allowed', async (...one) => {
    expect(await isAllowed(one)).toBe(true);
  });

  it('everybody has a password of its own, which stands in a file that only its owner reads', async () => {
    await expect(connect({ ...parseNatsUrl(urlOf('dashboard')), user: 'allocator', reconnect: false })).rejects.toThrow(/authorization/i);
    await expect(connect({ servers: new URL(server.url).host, reconnect: false })).rejects.toThrow(/authorization/i);
    expect(statSync(join(folder, 'nats-server.conf')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'nats-server.conf'), 'utf8')).not.toContain('"secret"');
  });
});

describe('the local operator', () => {
  it('plays any host’s agent: what it asks is answered, wherever that host expects answers', async () => {
    as('inventory').subscribe('vfleet.api.devices.list', { callback: (_, message) => void message.respond('{"items":[]}') });
    await as('inventory').flush();
    const agent = await connectAs('operator', inboxOfHost('h7'));
    expect((await agent.request('vfleet.api.devices.list', '{}', { timeout: 60_000 })).string()).toBe('{"items":[]}');
    await agent.close();
  });

  it('plays the platform: it is asked for moves by the migrator, and answers', async () => {
    as('operator').subscribe('vfleet.platform.vm.migrate', { callback: (_, message) => void message.respond('moved') });
    await as('operator').flush();
    expect((await as('migrator').request('vfleet.platform.vm.migrate', '{}', { timeout: 60_000 })).string()).toBe('moved');
  });

  it('hears everything but what services ask and are asked, when it listens to all', async () => {
    const heard: string[] = [];
    const all = as('operator').subscribe('>', { callback: (_, message) => void heard.push(message.subject) });
    await as('operator').flush();
    as('inventory').publish(`${inboxOf('allocator')}.one.two`, 'hidden');
    as('inventory').publish('vfleet.in.vm.vm-1.VmStateChanged', '{}');
    await as('inventory').flush();
    await as('operator').flush();
    all.unsubscribe();
    // JetStream tells of itself when it likes.
    expect(heard.filter((subject) => !subject.startsWith('$JS.'))).toEqual(['vfleet.in.vm.vm-1.VmStateChanged']);
  });

  it('reads what every stream holds', async () => {
    await jetstream(as('allocator')).publish('vfleet.evt.vm.h1.vm-1.DevicesReserved', '{}');
    const manager = await jetstreamManager(as('operator'));
    const names: string[] = [];
    for await (const { config } of manager.streams.list()) names.push(config.name);
    expect(names.sort()).toEqual(['VFLEET_DLQ', 'VFLEET_EVT', 'VFLEET_IN']);
    const { state } = await manager.streams.info('VFLEET_EVT', { subjects_filter: '>' });
    expect(state.messages).toBeGreaterThan(0);
    const consumer = await jetstream(as('operator')).consumers.get('VFLEET_EVT');
    expect((await consumer.next())?.subject).toBe('vfleet.evt.vm.h1.vm-1.DevicesReserved');
  });

  it('purges and deletes the stream of events, for the relay to make it anew', async () => {
    const { streams } = await jetstreamManager(as('operator'));
    expect((await streams.purge('VFLEET_EVT')).success).toBe(true);
    expect(await streams.delete('VFLEET_EVT')).toBe(true);
  });
});
