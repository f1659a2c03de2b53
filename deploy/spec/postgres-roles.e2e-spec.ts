import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { VfleetClient } from '@vfleet/client';
import { parseNatsUrl } from '@vfleet/contracts';
import { PostgresServer } from '@vfleet/embedded';
import { aFolder, aNatsServer, aProgram, aService, aSyntheticSysfs, until, type RunningProgram, type TestNats } from '@vfleet/testing';
import { ROOT } from './compose.js';

const START_MS = 180_000;
const SERVICES = ['allocator', 'inventory', 'migrator'] as const;
type Login = (typeof SERVICES)[number] | 'dashboard' | 'owner';
/** PostgreSQL, appendix A. */
const INSUFFICIENT_PRIVILEGE = '42501';
/** Of the trigger on the journal. */
const IMMUTABLE = 'VF009';

let postgres: PostgresServer;
let bus: TestNats;
let vfleet: VfleetClient;
let nats: NatsConnection;
const running: RunningProgram[] = [];

const urlOf = (login: Login): string => {
  const url = new URL(postgres.url);
  [url.username, url.password] = [login === 'owner' ? 'vfleet_owner' : `vfleet_${login}_login`, `password-of-${login}`];
  return url.href;
};

const runFile = async (url: string, file: string, options = ''): Promise<void> => {
  const client = new pg.Client({ connectionString: url, options });
  await client.connect();
  await client.query(readFileSync(join(ROOT, 'deploy/postgres', file), 'utf8'));
  await client.end();
};

/** The SQLSTATE that a statement fails with; undefined when it goes, and then it is undone. */
const refusalOf = async (login: Login, statement: string): Promise<string | undefined> => {
  const client = new pg.Client({ connectionString: urlOf(login) });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(statement);
    return undefined;
  } catch (error) {
    return (error as { readonly code?: string }).code;
  } finally {
    await client.query('rollback');
    await client.end();
  }
};

/** By hand, so that it does not wait for a supervisor. */
const migrateAsOwner = (): Promise<number | NodeJS.Signals> =>
  aProgram('inventory', [], { VFLEET_PG_URL: urlOf('owner'), VFLEET_NATS_URL: bus.url, VFLEET_SUPERVISED: '' }, 'migrate').ended;

beforeAll(async () => {
  [postgres, bus] = await Promise.all([PostgresServer.start({ dataDir: aFolder('roles') }), aNatsServer()]);
  const passwords = [...SERVICES, 'dashboard'].map((name) => `-c vfleet.${name}_password=password-of-${name}`).join(' ');
  await runFile(postgres.url, 'roles.sql', `${passwords} -c vfleet.password=password-of-owner`);
  await runFile(postgres.url, 'service-roles.sql', passwords);
  expect(await migrateAsOwner()).toBe(0);
  await runFile(urlOf('owner'), 'grants.sql');
  for (const service of SERVICES) running.push(await aService(service, { pgUrl: urlOf(service), natsUrl: bus.url }));
  vfleet = await VfleetClient.connect({ url: bus.url });
  nats = await connect(parseNatsUrl(bus.url));
}, START_MS);

afterAll(async () => {
  await vfleet?.close();
  await nats?.close();
  await Promise.all(running.map((service) => service.kill()));
  await Promise.all([postgres?.stop(), bus?.close()]);
});

/** One look at some hardware, published as a host's facts. */
const scan = async (): Promise<void> => {
  const folder = aFolder('agent');
  const sysfs = aSyntheticSysfs(10);
  const config = join(folder, 'agent.yaml');
  const devices = [{ match: { class: '02' }, name: '10GE' }];
  const settings = { hostId: 'h1', natsUrl: bus.url, sysfsRoot: sysfs.sysfsRoot, stateFile: join(folder, 'state.json'), devices };
  writeFileSync(config, JSON.stringify(settings));
  const agent = aProgram('host-agent', ['--config', config, '--once']);
  expect(`${await agent.ended} ${agent.said()}`).toMatch(/^0/);
  sysfs.close();
};

describe('services with logins of their own', () => {
  it(
    'do their work',
    async () => {
      await scan();
      await until('h1 to be known', () => vfleet.request('hosts.get', { hostId: 'h1' }));
      const free = async (): Promise<string | undefined> =>
        (await vfleet.request('devices.list', { filter: { hostId: 'h1', eligible: true } })).items[0]?.address;
      const wanted = { vmId: 'vm-1', hostId: 'h1', devices: [{ match: { address: await until('a free device', free) } }] };
      expect(await vfleet.request('reservations.reserve', wanted)).toMatchObject({ vmId: 'vm-1', hostId: 'h1' });
      expect(await vfleet.request('vms.get', { vmId: 'vm-1' })).toMatchObject({ vmId: 'vm-1' });
      await expect(vfleet.request('migrations.start', { vmId: 'vm-1', targetHostId: 'h1' })).rejects.toMatchObject({ status: 422 });
      expect((await vfleet.request('migrations.list', {})).items.length).toBe(1);
      expect(await vfleet.request('system.status', {})).toMatchObject({ services: expect.anything() });
    },
    START_MS,
  );

  it('keep what nobody can accept, show it, and discard it', async () => {
    nats.publish('vfleet.in.vm.vm-1.VmStateChanged', '{');
    const letter = await until('the letter', async () => (await vfleet.request('deadletters.list', {})).items[0]);
    expect(await vfleet.request('deadletters.discard', { id: letter.id })).toMatchObject({ code: 'NOT_JSON' });
  });

  it('say what is missing when the tables are older than they are, and change nothing', async () => {
    const owner = new pg.Client({ connectionString: urlOf('owner') });
    await owner.connect();
    const { rows } = await owner.query<{ id: string }>(
      'delete from journal.migrations where id = (select max(id) from journal.migrations) returning *',
    );
    const allocator = aProgram('allocator', [], { VFLEET_PG_URL: urlOf('allocator'), VFLEET_NATS_URL: bus.url });
    expect(await allocator.ended).toBe(1);
    expect(allocator.said()).toContain(`schema journal lacks ${rows[0]?.id}; its owner has to migrate it first`);
    await owner.query('insert into journal.migrations (id) values ($1)', [rows[0]?.id]);
    await owner.end();
  });

  it('wait no longer than they should for people', async () => {
    const settingOf = async (login: Login): Promise<unknown> => {
      const client = new pg.Client({ connectionString: urlOf(login) });
      await client.connect();
      const { rows } = await client.query<{ statement_timeout: string }>('show statement_timeout');
      await client.end();
      return rows[0]?.statement_timeout;
    };
    expect([await settingOf('dashboard'), await settingOf('inventory')]).toEqual(['5s', '1min']);
  });
});

const EVENT = `insert into journal.events (position, stream, version, event_id, type, data, meta) values (999, 's', 1, gen_random_uuid(), 'T', '{}', '{}')`;
const SEAL = `insert into journal.seals (position, follows, digests, hash, sealed_at, key_id, signature) values (1, 0, sha256(''), '', now(), '', '')`;
const EVERYBODY: readonly string[] = [
  `update journal.events set type = 'Forged'`,
  'delete from journal.events',
  'truncate journal.events',
  'alter table journal.events disable trigger all',
  `update journal.seals set key_id = ''`,
  'delete from journal.seals',
  'truncate journal.seals',
  'drop table journal.claims',
  'create table journal.mine (a int)',
  'create table public.mine (a int)',
  'create temporary table mine (a int)',
  'create schema mine',
  'create role mine',
  'set role vfleet_owner',
  `update journal.migrations set id = 'none'`,
  `copy (select 1) to program 'true'`,
  `select pg_read_file('/etc/passwd')`,
];
const DECIDERS: readonly string[] = [
  'delete from journal.counter',
  'delete from journal.leases',
  'select from inventory.devices',
  'delete from journal.dead_letters',
];
const FORBIDDEN: Readonly<Record<Login, readonly string[]>> = {
  allocator: [...EVERYBODY, ...DECIDERS, 'update journal.claims set holder = null', 'update journal.checkpoints set position = 0'],
  migrator: [...EVERYBODY, ...DECIDERS, SEAL, 'select from journal.dead_letters', 'update journal.inbox set key = null'],
  inventory: [
    ...EVERYBODY,
    EVENT,
    SEAL,
    'update journal.counter set position = 0',
    'delete from journal.claims',
    'select from journal.inbox',
    'update journal.marks set value = null',
    'delete from journal.leases',
    `update journal.dead_letters set code = ''`,
    'drop table inventory.devices',
    'delete from inventory.migrations',
  ],
  dashboard: [
    ...EVERYBODY,
    EVENT,
    SEAL,
    'select from journal.seals',
    'select from journal.events',
    'select from inventory.devices',
    'set role vfleet_dashboard; select from inventory.devices',
    'set role vfleet_dashboard; delete from inventory.dashboard_host_pools',
    'set role vfleet_inventory',
  ],
  owner: [],
};

describe.each(Object.entries(FORBIDDEN).filter(([, statements]) => statements.length > 0))('the login of %s', (login, statements) => {
  it.each(statements)('may not %s', async (statement) => {
    expect(await refusalOf(login as Login, statement)).toBe(INSUFFICIENT_PRIVILEGE);
  });
});

describe('the login of inventory, for a tenant,', () => {
  const ACT = `set local role vfleet_tenant; set local vfleet.tenant = 'acme';`;

  it('reads what is the tenant’s', async () => {
    expect(await refusalOf('inventory', `${ACT} select from inventory.tenant_vms; select from inventory.tenant_vm_marks`)).toBe(undefined);
  });

  it('has no policies on its own reads, and the tenant’s views are owned by one that has', async () => {
    const owner = new pg.Client({ connectionString: urlOf('owner') });
    await owner.connect();
    const { rows } = await owner.query<{ takes: boolean; owners: string }>(
      `select pg_has_role('vfleet_inventory_login', 'vfleet_tenant', 'usage') as takes,
         (select string_agg(distinct viewowner, ' ') from pg_views where viewname in ('tenant_vms', 'tenant_vm_marks')) as owners`,
    );
    await owner.end();
    expect(rows).toEqual([{ takes: false, owners: 'vfleet_tenant_views' }]);
  });

  it('sees nothing of a table that its role was given, without a tenant that has a VM', async () => {
    const owner = new pg.Client({ connectionString: urlOf('owner') });
    await owner.connect();
    const read = async (before = ''): Promise<number | null> => {
      await owner.query(`begin; grant select on inventory.vms to vfleet_tenant; ${before} ${ACT}`);
      const { rowCount } = await owner.query('select from inventory.vms');
      await owner.query('rollback');
      return rowCount;
    };
    expect(await read()).toBe(0);
    expect(await read('alter table inventory.vms disable row level security;')).toBe(1);
    await owner.end();
  });

  it.each(['select from inventory.vms', 'select from inventory.devices', 'select from journal.events', 'select from journal.marks'])(
    'may not %s',
    async (statement) => {
      expect(await refusalOf('inventory', `${ACT} ${statement}`)).toBe(INSUFFICIENT_PRIVILEGE);
    },
  );

  it('is what no other login may be', async () => {
    for (const login of ['allocator', 'migrator', 'dashboard'] as const) expect(await refusalOf(login, ACT)).toBe(INSUFFICIENT_PRIVILEGE);
  });
});

describe('the owner', () => {
  it.each([`update journal.events set type = 'Forged'`, 'delete from journal.events', 'truncate journal.events'])(
    'may not %s either',
    async (statement) => {
      expect(await refusalOf('owner', statement)).toBe(IMMUTABLE);
    },
  );

  it.each([`update journal.seals set key_id = ''`, 'delete from journal.seals', 'truncate journal.seals'])('may not %s either', async (statement) => {
    expect(await refusalOf('owner', statement)).toBe(IMMUTABLE);
  });

  it('is the only one who may do what its services may not', async () => {
    expect(await refusalOf('owner', 'drop table journal.claims')).toBe(undefined);
    expect(await refusalOf('owner', EVENT)).toBe(undefined);
  });

  it('lets the allocator write seals, and it alone of the services', async () => {
    expect(await refusalOf('allocator', SEAL)).toBe(undefined);
    expect(await refusalOf('owner', SEAL)).toBe(undefined);
  });

  it('may migrate and grant again, which changes nothing', async () => {
    expect(await migrateAsOwner()).toBe(0);
    await runFile(urlOf('owner'), 'grants.sql');
    expect(await refusalOf('inventory', 'select from journal.events')).toBe(undefined);
  });
});
