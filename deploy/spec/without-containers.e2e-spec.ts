import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { inboxOfHost, parseNatsUrl } from '@vfleet/contracts';
import { VfleetClient } from '@vfleet/client';
import { aFolder, aProgram, aSyntheticSysfs, until } from '@vfleet/testing';
import { aComposition, unmade, type Composition } from './without-containers.js';

const START_MS = 180_000;
let composition: Composition;

beforeAll(async () => {
  composition = await aComposition();
}, START_MS);
afterAll(() => composition.close());

/** A host's begins in another way than anybody else's. */
const inboxFor = (user: string): string => (isHost(user) ? inboxOfHost(user) : `_INBOX.${user}`);
const isHost = (user: string): boolean => user === 'h1' || user.startsWith('sim-');

/** Whether a user may publish to a subject. */
const mayPublish = async (user: string, subject: string): Promise<boolean> => {
  const nats = await connect({ ...parseNatsUrl(composition.natsUrl(user)), inboxPrefix: inboxFor(user) });
  const refused = (async () => {
    for await (const status of nats.status()) if (status.type === 'error') return false;
    return true;
  })();
  nats.publish(subject, '{}');
  await nats.flush();
  await nats.close();
  return refused;
};

const mayHear = async (user: string, subject: string): Promise<boolean> => {
  const nats = await connect({ ...parseNatsUrl(composition.natsUrl(user)), inboxPrefix: inboxFor(user) });
  const heard = new Promise<boolean>((resolve) => {
    nats.subscribe(subject, { callback: (error) => (error ? resolve(false) : undefined) });
    nats.flush().then(
      () => resolve(true),
      () => resolve(false),
    );
  });
  const may = await heard;
  await nats.close();
  return may;
};

describe('what docker-compose.yml runs', () => {
  it(
    'starts in the order that it says, each service healthy before the next',
    async () => {
      expect(composition.services.length).toBe(5);
      for (const service of composition.services) {
        expect(composition.isHealthy(service)).toBe(false);
        composition.start(service);
        await until(
          () => `${service} to be healthy; it said ${composition.said(service)}`,
          () => composition.isHealthy(service),
          START_MS,
        );
      }
    },
    START_MS,
  );

  it('serves a platform that comes with its own user', async () => {
    const client = await VfleetClient.connect({ url: composition.natsUrl('platform') });
    const { outcome } = await client.request('vms.report', { vmId: 'vm-1', state: 'starting', hostId: 'sim-01', devices: [{ device: '10GE' }] });
    expect(outcome).toBe('reserved');
    const events = client.events({ subject: 'vfleet.evt.vm.*.*.DevicesReserved', fromPosition: 1 });
    const reserved = await events.next();
    await events.return?.();
    expect(reserved.value).toMatchObject({ data: { vmId: 'vm-1', hostId: 'sim-01' } });
    await client.close();
  });

  it('says that a service is not healthy any more, when it has ended as Compose ends it', async () => {
    expect(await composition.stop('migrator')).toBe(0);
    expect(composition.isHealthy('migrator')).toBe(false);
    expect(composition.isHealthy('inventory')).toBe(true);
  });

  it('keeps the dashboard from all but its views', async () => {
    const client = new pg.Client({ connectionString: composition.pgUrl('vfleet_dashboard_login') });
    await client.connect();
    await expect(client.query('select * from journal.events')).rejects.toThrow('permission denied');
    await client.query('set role vfleet_dashboard');
    expect((await client.query('select * from inventory.dashboard_hosts')).rowCount).toBe(2);
    await expect(client.query('select * from inventory.devices')).rejects.toThrow('permission denied');
    await client.end();
  });

  it('has a password for everything that asks for one', () => {
    expect(unmade(aFolder('secrets'))).toEqual([]);
  });
});

describe('a user of NATS', () => {
  it('that a host has is enough for its agent', async () => {
    const folder = aFolder('agent');
    const sysfs = aSyntheticSysfs(10);
    const config = join(folder, 'agent.yaml');
    const settings = { hostId: 'h1', natsUrl: composition.natsUrl('h1'), sysfsRoot: sysfs.sysfsRoot, stateFile: join(folder, 'state.json') };
    writeFileSync(config, JSON.stringify(settings));
    const agent = aProgram('host-agent', ['--config', config, '--once']);
    expect(`${await agent.ended} ${agent.said()}`).toMatch(/^0 (?!.*violation)/is);
    const client = await VfleetClient.connect({ url: composition.natsUrl('reader') });
    const host = await until('h1 to be known', () => client.request('hosts.get', { hostId: 'h1' }));
    expect(host).toMatchObject({ hostId: 'h1' });
    await client.close();
    sysfs.close();
  });

  it.each([
    ['h1', 'vfleet.in.host.h1.HostOnline', true],
    ['h1', 'vfleet.in.host.h2.HostOnline', false],
    ['h1', 'vfleet.in.vm.vm-1.VmStateChanged', false],
    ['h1', 'vfleet.evt.device.h1.d.DeviceCordoned', false],
    ['h1', '$JS.API.STREAM.DELETE.VFLEET_IN', false],
    ['h1', 'vfleet.agent.h2.hostdev.attach', false],
    ['sim-01', 'vfleet.in.host.sim-01.HostOnline', true],
    ['sim-01', 'vfleet.in.host.sim-02.HostOnline', false],
    ['simulation', 'vfleet.in.host.sim-01.HostOnline', false],
    ['migrator', 'vfleet.agent.h1.hostdev.attach', true],
    ['inventory', 'vfleet.agent.h1.hostdev.attach', false],
    ['inventory', 'vfleet.evt.vm.h1.vm-1.DevicesReserved', false],
    ['dashboard', 'vfleet.in.vm.vm-1.VmStateChanged', false],
    ['operator', 'vfleet.api.policies.put', true],
    ['operator', '$JS.API.STREAM.DELETE.VFLEET_EVT', false],
    ['platform', 'vfleet.api.policies.put', false],
    ['platform', 'vfleet.in.vm.vm-1.VmStateChanged', true],
    ['platform', 'vfleet.in.host.h1.HostOnline', false],
    ['platform', 'vfleet.evt.vm.h1.vm-1.DevicesReserved', false],
    ['platform', '$JS.API.STREAM.PURGE.VFLEET_EVT', false],
    ['reader', 'vfleet.api.devices.list', true],
    ['reader', 'vfleet.api.devices.cordon', false],
    ['reader', 'vfleet.in.vm.vm-1.VmStateChanged', false],
  ])('%s publishes to %s: %s', async (user, subject, may) => {
    expect(await mayPublish(user, subject)).toBe(may);
  });

  it.each([
    ['h1', 'vfleet.agent.h1.>', true],
    ['h1', 'vfleet.agent.h2.>', false],
    ['h1', 'vfleet.in.>', false],
    ['h1', '_INBOX.>', false],
    ['h1', '_INBOX_h2.>', false],
    ['platform', 'vfleet.evt.>', true],
    ['platform', 'vfleet.in.>', false],
    ['reader', 'vfleet.evt.>', true],
    ['reader', '>', false],
    ['platform', '_INBOX.operator.>', false],
    ['sim-01', 'vfleet.agent.sim-02.>', false],
    ['allocator', '_INBOX.migrator.>', false],
  ])('%s hears %s: %s', async (user, subject, may) => {
    expect(await mayHear(user, subject)).toBe(may);
  });
});
