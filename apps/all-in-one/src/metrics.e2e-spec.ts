import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { agentSubject, hostFactSubject, vmFactSubject, type CloudEvent, type MigrateVm } from '@vfleet/contracts';
import { metricsOf, type ServiceName } from '@vfleet/telemetry';
import { aDevice, aFolder, MovingPlatform, until, VF_NAME, type RunningProgram, type SimulatedHost } from '@vfleet/testing';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { read, scrape, sumOf, WatchedSystem, type Scrape } from './testing/watched-system.js';

const MINUTES = 60_000;
const EPOCH = '0197b9d8-0000-7000-8000-000000000009';

let system: WatchedSystem;
let allocator: RunningProgram;
let inventory: RunningProgram;
let migrator: RunningProgram;
let dashboard: RunningProgram;
let h1: SimulatedHost;
let h2: SimulatedHost;
let platform: MovingPlatform;
let database: pg.Client;

/** Little, so that a host goes beyond its share soon. */
const SHARES = { VFLEET_ALLOCATOR_HOST_FACTS_BURST: '100', VFLEET_ALLOCATOR_HOST_FACTS_PER_SECOND: '100' };

const aSealKey = (): string => {
  const file = join(aFolder('metrics'), 'seal.key');
  writeFileSync(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return file;
};

/** By service, what was more than 0 in any scrape. */
const moved = new Map<ServiceName, Set<string>>();

const note = (service: ServiceName, scraped: Scrape): Scrape => {
  const names = moved.get(service) ?? new Set<string>();
  moved.set(service, names);
  for (const [series, value] of scraped) if (value > 0) names.add(series.replace(/\{.*/, '').replace(/_(bucket|sum|count)$/, ''));
  return scraped;
};
const PROGRAMS: Readonly<Record<ServiceName, () => { readonly said: () => string }>> = {
  allocator: () => allocator,
  inventory: () => inventory,
  migrator: () => migrator,
  dashboard: () => dashboard,
  agent: () => h1,
};
const now = async (service: ServiceName): Promise<Scrape> => note(service, await scrape(PROGRAMS[service]()));

type Labels = Readonly<Record<string, string>>;

/** Scrapes until a metric is what it should be. */
const comes = (service: ServiceName, name: string, labels: Labels, is: (value: number) => boolean): Promise<number | true> =>
  until(`${name} ${JSON.stringify(labels)} of ${service}`, async () => {
    const value = sumOf(await now(service), name, labels);
    return is(value) && (value || true);
  });
const expectRise = (service: ServiceName, name: string, labels: Labels = {}, from = 0): Promise<number | true> =>
  comes(service, name, labels, (value) => value > from);
const expectValue = (service: ServiceName, name: string, value: number, labels: Labels = {}): Promise<number | true> =>
  comes(service, name, labels, (found) => found === value);
const valueOf = async (service: ServiceName, name: string, labels: Labels = {}): Promise<number> => sumOf(await now(service), name, labels);

let sequence = 0;
const tell = (fact: string, data: object): Promise<unknown> => {
  sequence += 1;
  const body = { hostId: 'h9', epoch: EPOCH, sequence, observedAt: new Date().toISOString(), ...data };
  return jetstream(system.nats).publish(hostFactSubject('h9', fact), JSON.stringify(body), { msgID: `h9:${EPOCH}:${sequence}` });
};
const sayVm = (vmId: string, data: object): Promise<unknown> =>
  jetstream(system.nats).publish(vmFactSubject(vmId, 'VmStateChanged'), JSON.stringify({ vmId, ...data }));

/** Cuts every connection that a service has to the database. */
const cut = (service: string): Promise<unknown> =>
  database.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like $1', [
    `vfleet-${service}%`,
  ]);

let appended = 0;
/** An event that the bus is not told of. */
const appendAway = (): Promise<unknown> => {
  appended += 1;
  const id = `0197b9d8-0000-7000-8000-${String(appended).padStart(12, '0')}`;
  return database.query(`select journal.append(null, null, $1::json, 1, $2::json, '{}', null, null, null)`, [
    JSON.stringify([{ id, stream: 'host-away', version: appended, type: 'Noted', data: {}, meta: {} }]),
    JSON.stringify([{ stream: 'host-away', version: appended - 1 }]),
  ]);
};

const waitForDevices = (hostId: string): Promise<unknown> =>
  until(`${hostId} to be known`, async () => {
    const { body } = await system.ask('devices.list', { filter: { hostId, name: VF_NAME } });
    return ((body['items'] as readonly object[] | undefined) ?? []).length === 8;
  });

beforeAll(async () => {
  system = await WatchedSystem.open();
  [allocator, inventory] = await Promise.all([
    system.ready('allocator', { ...SHARES, VFLEET_ALLOCATOR_SEAL_KEY_FILE: aSealKey(), VFLEET_ALLOCATOR_SEAL_SECONDS: '1' }),
    system.ready('inventory', { VFLEET_COMMIT: 'c0ffee' }),
  ]);
  [migrator, dashboard] = await Promise.all([system.ready('migrator'), system.ready('dashboard', { VFLEET_DASHBOARD_READ_WITHOUT_TOKEN: 'true' })]);
  database = new pg.Client({ connectionString: system.database.url });
  await database.connect();
  [h1, h2] = [system.host('h1'), system.host('h2')];
  platform = new MovingPlatform(
    system.nats,
    new Map([
      ['h1', h1],
      ['h2', h2],
    ]),
  );
  platform.respond(true);
  await Promise.all(['h1', 'h2'].map(waitForDevices));
}, 5 * MINUTES);

afterAll(async () => {
  platform.close();
  await database.end();
  await system.close();
}, MINUTES);

describe('a running system', () => {
  it('says what runs, in which role, and that it is ready', async () => {
    expect(await valueOf('inventory', 'vfleet_build_info', { service: 'inventory', commit: 'c0ffee' })).toBe(1);
    for (const service of ['allocator', 'migrator'] as const) {
      expect(await valueOf(service, 'vfleet_role', { role: 'active' })).toBe(1);
      expect(await valueOf(service, 'vfleet_lease_fence')).toBeGreaterThan(0);
    }
    for (const service of ['allocator', 'inventory', 'migrator', 'dashboard', 'agent'] as const) {
      await expectValue(service, 'vfleet_ready', 1);
      await expectValue(service, 'vfleet_nats_connected', 1);
      expect(await valueOf(service, 'vfleet_build_info', { service })).toBe(1);
      expect(await valueOf(service, 'process_resident_memory_bytes')).toBeGreaterThan(0);
    }
  });

  it('counts devices by host, model and state, hosts by state, and what agents see', async () => {
    await expectValue('inventory', 'vfleet_devices', 8, { host: 'h1', model: VF_NAME, state: 'available' });
    await expectValue('inventory', 'vfleet_pool_devices', 16, { model: VF_NAME, state: 'available' });
    await expectValue('inventory', 'vfleet_hosts', 2, { state: 'online' });
    await expectValue('inventory', 'vfleet_devices_by_host_shown', 1);
    await expectRise('agent', 'vfleet_agent_devices');
    await expectRise('agent', 'vfleet_agent_scans_total', { result: 'ok' });
    await expectRise('agent', 'vfleet_agent_scan_duration_seconds_count');
    await expectRise('agent', 'vfleet_agent_facts_total', { fact: 'DeviceDiscovered' });
    await expectRise('inventory', 'vfleet_projection_events_total', { projection: 'inventory' });
    await expectValue('inventory', 'vfleet_projection_lag_events', 0, { projection: 'inventory' });
    await expectRise('allocator', 'vfleet_relay_events_total');
  });

  it('counts and times a reservation on its way', async () => {
    const events = await valueOf('allocator', 'vfleet_events_total');
    expect((await system.ask('vms.report', { vmId: 'vm-1', state: 'starting', hostId: 'h1', devices: [{ device: VF_NAME }] })).status).toBe(200);
    const scraped = await now('allocator');
    expect(sumOf(scraped, 'vfleet_requests_total', { subject: 'vfleet.api.vms.report', result: 'ok' })).toBe(1);
    expect(sumOf(scraped, 'vfleet_request_duration_seconds_count', { subject: 'vfleet.api.vms.report' })).toBe(1);
    expect(sumOf(scraped, 'vfleet_decision_duration_seconds_count', { command: 'TakeVmState' })).toBe(1);
    expect(sumOf(scraped, 'vfleet_reservations_total', { outcome: 'made' })).toBe(1);
    expect(sumOf(scraped, 'vfleet_events_total', { type: 'DevicesReserved' })).toBe(1);
    expect(sumOf(scraped, 'vfleet_events_total')).toBeGreaterThan(events);
    for (const name of ['vfleet_commit_duration_seconds_count', 'vfleet_commit_commands_count']) expect(sumOf(scraped, name)).toBeGreaterThan(0);
    await expectValue('inventory', 'vfleet_devices', 1, { host: 'h1', model: VF_NAME, state: 'held' });
  });

  it('counts refusals by their reason', async () => {
    const { status } = await system.ask('vms.report', { vmId: 'vm-2', state: 'starting', hostId: 'h1', devices: [{ device: VF_NAME, count: 64 }] });
    expect(status).toBe(422);
    const scraped = await now('allocator');
    expect(sumOf(scraped, 'vfleet_requests_total', { subject: 'vfleet.api.vms.report', result: 'refused', code: 'UNSATISFIABLE' })).toBe(1);
    expect(sumOf(scraped, 'vfleet_reservations_total', { outcome: 'refused', code: 'UNSATISFIABLE' })).toBe(1);
  });

  it('counts facts, those that are accepted and those that never can be', async () => {
    await sayVm('vm-3', { state: 'starting', hostId: 'h1', devices: [{ device: VF_NAME }] });
    await sayVm('vm-3', { state: 'stopped', hostId: 'h1' });
    await expectRise('allocator', 'vfleet_facts_total', { fact: 'VmStateChanged', result: 'accepted' }, 1);
    await expectRise('allocator', 'vfleet_fact_duration_seconds_count', { fact: 'VmStateChanged' });
    await expectRise('allocator', 'vfleet_reservations_total', { outcome: 'released', code: 'stopped' });
    await jetstream(system.nats).publish(vmFactSubject('vm-4', 'VmStateChanged'), '{"vmId":"vm-4","state":"no-such"}');
    await jetstream(system.nats).publish('vfleet.in.vm.vm-4.MadeUp', '{}');
    await expectValue('allocator', 'vfleet_facts_total', 1, { fact: 'VmStateChanged', result: 'refused', code: 'INVALID_FACT' });
    await expectValue('allocator', 'vfleet_facts_total', 1, { fact: 'unknown', result: 'refused', code: 'UNKNOWN_FACT' });
    await expectValue('allocator', 'vfleet_dead_letters_total', 1, { code: 'INVALID_FACT' });
    await expectValue('inventory', 'vfleet_dead_letters', 2);
  });

  it('shows what is let go and not free yet, and since when', async () => {
    let attested = '';
    system.nats.subscribe(hostFactSubject('h1', 'InventoryAttested'), { callback: (_, message) => void (attested = message.string()) });
    await platform.start('vm-5', 'h1');
    await until('the host to attest it', () => attested.includes('"vm-5"'));
    await expectRise('agent', 'vfleet_agent_commands_total', { verb: 'hostdev.attach', outcome: 'done' });
    await until('the stop to find it attached', async () => {
      await platform.report('vm-5', 'h1', 'stopped');
      return (await valueOf('allocator', 'vfleet_releases_pending')) === 1 || platform.report('vm-5', 'h1', 'starting').then(() => false);
    });
    await expectRise('allocator', 'vfleet_release_pending_oldest_seconds');
    const { body } = await system.ask('devices.list', { filter: { state: 'releasing' } });
    const [{ deviceId, address } = { deviceId: '', address: '' }] = body['items'] as readonly { deviceId: string; address: string }[];
    const order = { commandId: 'end_vm-5', vmId: 'vm-5', deviceId, address, deadlineSeconds: 30 };
    await system.nats.request(agentSubject('h1', 'hostdev.detach'), JSON.stringify(order), { timeout: 30_000 });
    await expectValue('allocator', 'vfleet_releases_pending', 0);
    expect(await valueOf('allocator', 'vfleet_release_pending_oldest_seconds')).toBe(0);
  });

  it('counts devices that keep their identity at another address, and hosts that differ from what is known', async () => {
    const device = aDevice('h9', '0000:41:00.0');
    await tell('HostOnline', { hostname: 'h9', agentVersion: '0', heartbeatSeconds: 1 });
    await tell('DeviceDiscovered', { device });
    await tell('DeviceReaddressed', { deviceId: device.deviceId, previousAddress: '0000:41:00.0', address: '0000:42:00.0' });
    await expectValue('allocator', 'vfleet_identity_moves_total', 1);
    await tell('InventoryAttested', { devices: 7, digest: 'f'.repeat(64), attachments: [] });
    await expectRise('allocator', 'vfleet_inventory_divergences_total');
    // It says nothing more, and was to be heard every second.
    await expectValue('inventory', 'vfleet_hosts', 1, { state: 'stale' });
  });

  it('counts facts of a host that tells more than its share', async () => {
    const observedAt = new Date().toISOString();
    for (let n = 1; n <= 500; n += 1) {
      const body = { hostId: 'h8', epoch: EPOCH, sequence: n, observedAt, reason: 'over and over' };
      system.nats.publish(hostFactSubject('h8', 'HostOffline'), JSON.stringify(body));
    }
    await expectRise('allocator', 'vfleet_facts_delayed_total');
  });
});

describe('a move', () => {
  const start = (vmId: string, targetHostId: string): ReturnType<WatchedSystem['ask']> => system.ask('migrations.start', { vmId, targetHostId });

  it('is counted by its outcome, its steps and its interruption are timed, and so are the orders to agents', async () => {
    await platform.start('vm-6', 'h1');
    expect((await start('vm-6', 'h2')).status).toBe(200);
    await expectValue('migrator', 'vfleet_migrations_total', 1, { outcome: 'completed' });
    const scraped = await now('migrator');
    for (const step of ['plan', 'unplug', 'move', 'plug', 'settle'])
      expect([step, sumOf(scraped, 'vfleet_migration_step_duration_seconds_count', { step })]).toEqual([step, 1]);
    expect(sumOf(scraped, 'vfleet_migration_interruption_seconds_count')).toBe(1);
    expect(sumOf(scraped, 'vfleet_migration_own_interruption_seconds_count')).toBe(1);
    expect(sumOf(scraped, 'vfleet_migration_own_interruption_seconds_sum')).toBeLessThanOrEqual(
      sumOf(scraped, 'vfleet_migration_interruption_seconds_sum'),
    );
    await expectRise('agent', 'vfleet_agent_commands_total', { verb: 'hostdev.detach', outcome: 'done' });
    await expectValue('migrator', 'vfleet_migrations_active', 0);
  });

  it('that is refused is counted with its reason', async () => {
    expect((await start('vm-nobody-knows', 'h2')).status).toBe(422);
    await expectValue('migrator', 'vfleet_migrations_total', 1, { outcome: 'rejected', code: 'VM_UNKNOWN' });
  });

  it('that needs an operator is shown until he has settled it', async () => {
    const failed: CloudEvent<MigrateVm>[] = [];
    system.nats.subscribe('vfleet.evt.migration.*.*.MigrationFailed', { callback: (_, message) => void failed.push(message.json()) });
    await platform.start('vm-7', 'h1');
    // For the move to be seen while it goes on.
    await h1.simulate({ vmId: 'vm-7', verb: 'detach', slowMs: 3_000, times: 1 });
    await h2.simulate({ vmId: 'vm-7', verb: 'attach', failCode: 'DRIVER_ERROR' });
    expect((await start('vm-7', 'h2')).status).toBe(200);
    await expectRise('migrator', 'vfleet_migrations_active');
    await expectValue('migrator', 'vfleet_migrations_total', 1, { outcome: 'failed', code: 'NO_MATCHING_DEVICE' });
    await expectValue('inventory', 'vfleet_migrations_needing_operator', 1);
    const { migrationId } = await until('the event', () => failed[0]?.data);
    expect((await system.ask('migrations.resolve', { migrationId })).status).toBe(200);
    await expectValue('inventory', 'vfleet_migrations_needing_operator', 0);
    await expectValue('migrator', 'vfleet_migrations_total', 1, { outcome: 'resolved' });
    await expectRise('migrator', 'vfleet_facts_total', { result: 'accepted' });
  });

  it('is not needed to attach a device: that is counted by itself', async () => {
    expect((await system.ask('vms.attach', { vmId: 'vm-6', devices: [{ device: VF_NAME }] })).status).toBe(200);
    await expectValue('migrator', 'vfleet_hotplugs_total', 1, { outcome: 'completed' });
    await expectRise('migrator', 'vfleet_requests_total', { subject: 'vfleet.api.vms.attach', result: 'ok' });
  });
});

describe('trouble', () => {
  it('with the database shows as commits and batches that are tried again, and nothing is lost', async () => {
    let vm = 100;
    await until('a commit to fail', async () => {
      await Promise.all([
        cut('allocator'),
        ...Array.from({ length: 20 }, () => sayVm(`vm-${(vm += 1)}`, { state: 'starting', devices: [{ device: VF_NAME, count: 64 }] })),
        cut('inventory'),
      ]);
      const failures = await valueOf('allocator', 'vfleet_commit_failures_total');
      return failures > 0 && (await valueOf('inventory', 'vfleet_projection_failures_total')) > 0;
    });
    await comes('allocator', 'vfleet_reservations_total', { outcome: 'refused' }, (value) => value >= vm - 100);
    await expectValue('inventory', 'vfleet_projection_lag_events', 0);
  }, 120_000);

  it('with the hardware shows in the agent', async () => {
    const { body } = await system.ask('devices.list', { filter: { hostId: 'h1', state: 'available', name: VF_NAME }, limit: 1 });
    const [{ address } = { address: '' }] = body['items'] as readonly { address: string }[];
    const before = await valueOf('agent', 'vfleet_agent_unreadable_devices');
    await h1.spoil(address);
    await expectValue('agent', 'vfleet_agent_unreadable_devices', before + 1);
    await h1.hide(true);
    await expectRise('agent', 'vfleet_agent_scans_total', { result: 'failed' });
    await h1.hide(false);
  });

  it('with its seals shows in how many events wait for theirs, and for how long', async () => {
    await expectValue('allocator', 'vfleet_seal_lag_events', 0);
    await database.query('begin');
    await database.query('lock table journal.seals');
    await system.ask('models.create', { model: 'Sealed', deviceType: 'SEALED', vendorId: '10de', productId: '20b0' });
    await expectRise('allocator', 'vfleet_seal_lag_events');
    await expectRise('allocator', 'vfleet_seal_overdue_seconds', {}, 1);
    await database.query('rollback');
    await expectValue('allocator', 'vfleet_seal_lag_events', 0);
    await comes('allocator', 'vfleet_seal_overdue_seconds', {}, (seconds) => seconds < 1);
  });

  it('with the bus shows in who is connected, who is ready, what waits, and how far the relay is behind', async () => {
    await system.bus.server?.kill();
    await expectValue('allocator', 'vfleet_nats_connected', 0);
    await expectValue('inventory', 'vfleet_ready', 0);
    expect((await read(allocator, '/health/ready')).status).toBe(503);
    await expectRise('agent', 'vfleet_agent_facts_waiting');
    await expectRise('agent', 'vfleet_agent_fact_retries_total');
    await appendAway();
    await expectRise('allocator', 'vfleet_relay_lag_events');
    await expectRise('allocator', 'vfleet_relay_lag_seconds');
    await expectRise('allocator', 'vfleet_relay_failures_total');
    // Within a second the inventory looks into the journal by itself, and is not behind any more.
    await until('the inventory to be behind', async () => {
      await appendAway();
      const scraped = await now('inventory');
      return sumOf(scraped, 'vfleet_projection_lag_events') > 0 && sumOf(scraped, 'vfleet_projection_lag_seconds') > 0;
    });
    await system.bus.server?.restart();
    await expectValue('allocator', 'vfleet_relay_lag_events', 0);
    await expectValue('inventory', 'vfleet_ready', 1);
    await expectValue('agent', 'vfleet_agent_facts_waiting', 0);
  }, 120_000);

  it('with a page of the dashboard shows by its status', async () => {
    const url = await until('the dashboard’s address', () => /"url":"([^"]+)"/.exec(dashboard.said())?.[1]);
    expect((await fetch(`${url}health/live`)).status).toBe(200);
    await expectRise('dashboard', 'vfleet_http_requests_total', { method: 'GET', route: 'health', status: '200' });
    await expectRise('dashboard', 'vfleet_http_request_duration_seconds_count', { route: 'health' });
    const watching = new AbortController();
    const watched = await fetch(`${url}live/changes`, { signal: watching.signal });
    await expectRise('dashboard', 'vfleet_http_requests_open');
    watching.abort();
    await watched.body?.cancel().catch(() => undefined);
    await expectValue('dashboard', 'vfleet_http_requests_open', 0);
  });

  it('with the active allocator shows in the role of the one that stood by, ready, and takes over', async () => {
    const standby = await system.ready('allocator');
    const waiting = await scrape(standby);
    expect([sumOf(waiting, 'vfleet_role', { role: 'standby' }), sumOf(waiting, 'vfleet_lease_fence'), sumOf(waiting, 'vfleet_ready')]).toEqual([
      1, 0, 1,
    ]);
    expect(JSON.parse((await read(standby, '/health/ready')).text)).toMatchObject({ ready: true, role: 'standby' });
    await allocator.kill('SIGKILL');
    allocator = standby;
    await expectValue('allocator', 'vfleet_role', 1, { role: 'active' });
    await expectRise('allocator', 'vfleet_lease_fence', {}, 1);
  });

  it('with a stream that is ahead of the journal stops the relay', async () => {
    await jetstream(system.nats).publish('vfleet.evt.host.x.x.FromNowhere', '{}');
    await expectValue('allocator', 'vfleet_relay_stopped', 1);
  });
});

describe('every metric', () => {
  /** Seen to move elsewhere: a queue, and a fact that has to be tried again, are over before anybody looks. */
  const ELSEWHERE = new Set(['vfleet_commit_queue_commands', 'vfleet_fact_retries_total', 'vfleet_commit_failures_total migrator']);

  it.each(['allocator', 'inventory', 'migrator', 'dashboard', 'agent'] as const)('of the %s has moved', (service) => {
    const still = metricsOf(service)
      .map(([name]) => name)
      .filter((name) => !moved.get(service)?.has(name) && !ELSEWHERE.has(name) && !ELSEWHERE.has(`${name} ${service}`));
    expect(still).toEqual([]);
  });
});
