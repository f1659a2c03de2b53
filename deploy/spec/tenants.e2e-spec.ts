import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API, TENANT_REQUESTS, type TenantRequest } from '@vfleet/contracts';
import { until } from '@vfleet/testing';
import { add, revoke } from '../../apps/cli/src/security/bus-folder.js';
import { reloadServer } from '../../apps/cli/src/security/reload.js';
import { host, mayHear, mayPublish, refusals, service, tenant } from './secured-bus.js';
import { TABLES, guardRows, openViews, readAs } from './tenants-rows.js';
import { HOSTS, askAs, aTenantsStage, type Answer, type Ask, type TenantsStage } from './tenants-stage.js';

const START_MS = 900_000;
const NIC = [{ device: '10GE' }];

let stage: TenantsStage;
let [acme, globex, operator, platform]: Ask[] = [];
let reservationOf: Record<string, string>;
const ask = (who: Ask | undefined, request: string, body?: object): Promise<Answer> => (who as Ask)(request, body);
const ok = async (who: Ask | undefined, request: string, body?: object): Promise<Record<string, unknown>> => {
  const answer = await ask(who, request, body);
  expect(answer).toMatchObject({ status: 0 });
  return answer.body as Record<string, unknown>;
};
const vmIdsOf = ({ items }: Record<string, unknown>): readonly string[] => (items as { vmId: string }[]).map(({ vmId }) => vmId);

beforeAll(async () => {
  stage = await aTenantsStage();
  [acme, globex, operator, platform] = [stage.acme, stage.globex, stage.operator, stage.platform].map(askAs);
  const runs = async (vmId: string, more: object): Promise<void> => void (await ok(platform, 'vms.report', { vmId, state: 'starting', ...more }));
  await runs('acme-1', { tenant: 'acme', hostId: 'h1', devices: NIC });
  await runs('acme-2', { tenant: 'acme' });
  await runs('globex-1', { tenant: 'globex', hostId: 'h1', devices: NIC });
  await runs('globex-2', { tenant: 'globex', hostId: 'h2', devices: NIC });
  await runs('globex-3', { tenant: 'globex' });
  await runs('nobodys-1', { hostId: 'h2', devices: NIC });
  await runs('disputed-1', { tenant: 'acme' });
  await ok(operator, 'reservations.reserve', { vmId: 'disputed-1', tenant: 'globex', hostId: 'h2', devices: NIC });
  for (const name of ['acme', 'globex']) await ok(operator, 'quotas.put', { tenant: name, match: { name: '10GE' }, limit: 3 });
  const { items } = await ok(operator, 'reservations.list');
  reservationOf = Object.fromEntries((items as { vmId: string; reservationId: string }[]).map((one) => [one.vmId, one.reservationId]));
}, START_MS);
afterAll(() => stage?.close());

/** Every VM that is not acme's, and one that is nowhere: to acme there is no difference. */
const NOT_ITS_OWN = ['globex-1', 'globex-2', 'nobodys-1', 'disputed-1'] as const;
const NOWHERE = 'nowhere-1';
/** What is asked of one VM. */
const ABOUT_A_VM: readonly (readonly [TenantRequest, object])[] = [
  ['vms.get', {}],
  ['vms.get', { at: new Date(Date.now() + 3_600_000).toISOString() }],
  ['reservations.get', {}],
  ['reservations.list', { filter: {} }],
  ['reservations.list', { filter: { state: 'held' } }],
  ['reservations.reserve', { devices: NIC }],
  ['reservations.reserve', { devices: NIC, dryRun: true }],
  ['reservations.reserve', { devices: NIC, hostId: 'h1', tenant: 'acme' }],
  ['reservations.release', {}],
  ['reservations.release', { reservationId: 'guessed' }],
];
const about = (vmId: string, [request, body]: (typeof ABOUT_A_VM)[number]): object =>
  request === 'reservations.list' ? { filter: { ...(body as { filter: object }).filter, vmId } } : { ...body, vmId };

describe('a tenant', () => {
  it('is told of its own VM and what that holds', async () => {
    expect(await ok(acme, 'reservations.get', { vmId: 'acme-1' })).toMatchObject({
      vmId: 'acme-1',
      hostId: 'h1',
      devices: [{ requestName: '10GE-0' }],
    });
    const vm = await ok(acme, 'vms.get', { vmId: 'acme-1' });
    expect(vm).toEqual(await ok(operator, 'vms.get', { vmId: 'acme-1' }));
    expect(vm).toMatchObject({ vmId: 'acme-1', tenant: 'acme', reservation: { vmId: 'acme-1' } });
  });

  it('is told of a VM of its own that has never asked for anything', async () => {
    expect(await ok(acme, 'vms.get', { vmId: 'acme-2' })).toMatchObject({ vmId: 'acme-2', tenant: 'acme', state: 'starting', devices: [] });
  });

  it('is told how its VM was', async () => {
    const { occurredAt } = await ok(acme, 'vms.get', { vmId: 'acme-1' });
    expect(await ok(acme, 'vms.get', { vmId: 'acme-1', at: new Date().toISOString() })).toMatchObject({ vmId: 'acme-1', occurredAt });
    expect(await ask(acme, 'vms.get', { vmId: 'acme-1', at: '2020-01-01T00:00:00Z' })).toMatchObject({ status: 404 });
    expect(await ask(acme, 'vms.get', { vmId: 'acme-1', at: 1 })).toMatchObject({ status: 400, body: { error: { details: [{ field: 'at' }] } } });
  });

  it('reserves for its VM, out of what is its own or anybody’s, and gives that back', async () => {
    const made = await ok(acme, 'reservations.reserve', { vmId: 'acme-2', devices: NIC });
    expect(await ok(acme, 'reservations.get', { vmId: 'acme-2' })).toEqual(made);
    expect(await ok(acme, 'vms.get', { vmId: 'acme-2' })).toMatchObject({ tenant: 'acme', reservation: { reservationId: made['reservationId'] } });
    const [quota] = (await ok(operator, 'quotas.list', { filter: { tenant: 'acme' } }))['items'] as [object];
    expect(quota).toMatchObject({ used: 2 });
    expect(await ok(acme, 'reservations.release', { vmId: 'acme-2', reservationId: made['reservationId'] })).toEqual({ released: 1 });
  });

  it('is told which hosts could serve it', async () => {
    const { items } = await ok(acme, 'candidates.list', { devices: NIC });
    expect((items as { hostId: string }[]).map(({ hostId }) => hostId).sort()).toEqual([...HOSTS]);
  });
});

describe.each(ABOUT_A_VM)('%s %j, asked by a tenant', (...one) => {
  it.each(NOT_ITS_OWN)('of %s is answered as if that VM were not there', async (vmId) => {
    const answerOf = async (asked: string): Promise<string> => JSON.stringify(await ask(acme, one[0], about(asked, one))).replaceAll(asked, 'it');
    const before = await ask(operator, 'reservations.list');
    expect(await answerOf(vmId)).toBe(await answerOf(NOWHERE));
    expect(await ask(operator, 'reservations.list')).toEqual(before);
  });
});

describe('a tenant that looks for what is others’', () => {
  it('finds its own reservations only, whatever the filter and wherever the list goes on', async () => {
    expect(vmIdsOf(await ok(acme, 'reservations.list'))).toEqual(['acme-1']);
    expect(vmIdsOf(await ok(globex, 'reservations.list'))).toEqual(['globex-1', 'globex-2']);
    for (const hostId of HOSTS)
      expect(vmIdsOf(await ok(acme, 'reservations.list', { filter: { hostId } }))).toEqual(hostId === 'h1' ? ['acme-1'] : []);
    const { nextCursor } = await ok(globex, 'reservations.list', { limit: 1 });
    expect(nextCursor).toEqual(expect.any(String));
    expect(vmIdsOf(await ok(acme, 'reservations.list', { cursor: nextCursor }))).toEqual([]);
    expect(vmIdsOf(await ok(acme, 'reservations.list', { cursor: 'a a' }))).toEqual(['acme-1']);
  });

  it('finds its own quotas only', async () => {
    const tenantsIn = async (body: object): Promise<unknown> =>
      ((await ok(acme, 'quotas.list', body))['items'] as { tenant: string }[]).map((one) => one.tenant);
    expect(await tenantsIn({})).toEqual(['acme']);
    expect(await tenantsIn({ filter: { tenant: 'acme' } })).toEqual(['acme']);
    const { nextCursor } = await ok(operator, 'quotas.list', { limit: 1 });
    expect(await tenantsIn({ cursor: nextCursor })).toEqual([]);
    expect(await tenantsIn({ cursor: 'a' })).toEqual(['acme']);
  });

  it.each<[TenantRequest, object, string]>([
    ['reservations.reserve', { vmId: 'acme-2', devices: NIC, tenant: 'globex' }, 'tenant'],
    ['reservations.reserve', { vmId: 'globex-1', devices: NIC, tenant: 'globex' }, 'tenant'],
    ['reservations.reserve', { vmId: NOWHERE, devices: NIC, tenant: 'globex' }, 'tenant'],
    ['candidates.list', { devices: NIC, tenant: 'globex' }, 'tenant'],
    ['quotas.list', { filter: { tenant: 'globex' } }, 'filter.tenant'],
  ])('is refused %s %j, which names another tenant', async (request, body, field) => {
    expect(await ask(acme, request, body)).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN', details: [{ field }] } } });
  });

  it('gets nothing of another’s reservation by its id', async () => {
    for (const vmId of ['acme-2', NOWHERE, 'globex-1'])
      expect(await ok(acme, 'reservations.release', { vmId, reservationId: reservationOf['globex-1'] })).toEqual({ released: 0 });
    expect((await ask(acme, 'reservations.release', { vmId: 'acme-1', reservationId: reservationOf['globex-1'] })).body).toMatchObject({
      error: { code: 'RESERVATION_MISMATCH', details: { held: [reservationOf['acme-1']] } },
    });
    expect(await ok(globex, 'reservations.get', { vmId: 'globex-1' })).toMatchObject({ state: 'held' });
  });
});

/** Wishes that mean devices kept for globex, and the same wishes where there are no such devices: `#` is `globex`, or nobody. */
const PROBES: readonly object[] = [
  { match: { 'tags.tenant': '#' } },
  { match: { 'tags.tenant': '#' }, count: 'all' },
  { match: { 'tags.tenant': '#' }, count: 9 },
  { device: '10GE', where: 'device.tags["tenant"] == "#"' },
  { device: '10GE', where: 'device.tags["tenant"] == "#"', count: 2 },
];
const probe = (devices: object, name: string): object[] => [JSON.parse(JSON.stringify(devices).replaceAll('#', name)) as object];

describe.each(PROBES)('a wish that means what is kept for another tenant, %j,', (devices) => {
  it.each<[TenantRequest, object]>([
    ['reservations.reserve', { vmId: 'acme-2' }],
    ['reservations.reserve', { vmId: 'acme-2', hostId: 'h1' }],
    ['reservations.reserve', { vmId: 'acme-2', hostId: 'h1', dryRun: true }],
    ['candidates.list', {}],
    ['candidates.list', { hostIds: ['h1'] }],
  ])('is answered by %s %j as one that means nothing', async (request, more) => {
    const answerOf = async (name: string): Promise<string> =>
      JSON.stringify(await ask(acme, request, { ...more, devices: probe(devices, name) })).replaceAll(name, '#');
    expect(await answerOf('globex')).toBe(await answerOf('nobody'));
  });
});

describe('a refusal to a tenant', () => {
  it('says what it could have, and neither who has the rest nor for whom that is kept', async () => {
    const { status, description, body } = await ask(acme, 'reservations.reserve', {
      vmId: 'acme-2',
      hostId: 'h1',
      devices: [{ device: '10GE', count: 5 }],
    });
    expect([status, description]).toEqual([422, 'nothing that this tenant may have serves it']);
    expect(body).toMatchObject({ error: { code: 'UNSATISFIABLE', details: { unmet: [{ asked: 5, matched: 3, free: 3, reasons: [] }] } } });
    expect(JSON.stringify(body)).not.toMatch(/globex|acme-1|nobodys|IN_USE|RESERVED/);
  });

  it('speaks of its own quota', async () => {
    const wanted = { vmId: 'acme-2', hostId: 'h1', devices: [{ device: '10GE', count: 2 }] };
    await ok(operator, 'quotas.put', { tenant: 'acme', match: { name: '10GE' }, limit: 2 });
    expect((await ask(acme, 'reservations.reserve', wanted)).body).toMatchObject({
      error: { code: 'QUOTA_EXCEEDED', details: { quota: { tenant: 'acme', limit: 2 }, used: 1, asked: 2 } },
    });
    await ok(operator, 'quotas.put', { tenant: 'acme', match: { name: '10GE' }, limit: 3 });
  });

  it('names the VM’s own reservation where it holds something else', async () => {
    const { body } = await ask(acme, 'reservations.reserve', { vmId: 'acme-1', devices: [{ device: '10GE', count: 2 }] });
    expect(body).toMatchObject({ error: { code: 'ALREADY_EXISTS', details: { reservation: { vmId: 'acme-1' } } } });
  });
});

describe('the server', () => {
  const OTHER_REQUESTS = Object.keys(API).filter((name) => !(TENANT_REQUESTS as readonly string[]).includes(name));

  it.each([
    ...OTHER_REQUESTS.map((name) => `vfleet.api.${name}`),
    'vfleet.tenant.acme.api.vms.get',
    'vfleet.tenant.globex.api.vms.get',
    'vfleet.tenant.globex.api.reservations.release',
    'vfleet.in.vm.acme-1.VmStateChanged',
    'vfleet.in.host.h1.HostOnline',
    'vfleet.evt.vm.h1.acme-1.DevicesReserved',
    'vfleet.dlq.host.h1.HostOnline',
    'vfleet.internal.relay.kick',
    'vfleet.agent.h1.hostdev.attach',
    'vfleet.platform.vm.migrate',
    '$JS.API.STREAM.INFO.VFLEET_EVT',
    '$JS.API.CONSUMER.CREATE.VFLEET_EVT',
    '$SRV.PING',
    '$SYS.REQ.SERVER.PING',
    '_INBOX.operator.guessed',
    '_R_.guessed',
  ])('lets no tenant publish to %s', async (subject) => {
    expect(await mayPublish(stage.acme, subject)).toBe(false);
  });

  it.each(['>', 'vfleet.>', 'vfleet.api.>', 'vfleet.api.vms.get', 'vfleet.tenant.>', 'vfleet.evt.>', '_R_.>', '$SYS.>', '$SRV.>'])(
    'lets no tenant hear %s',
    async (subject) => {
      expect(await mayHear(stage.acme, subject)).toBe(false);
    },
  );

  it('brings a tenant nothing of what others are answered: its inboxes are in an account of its own', async () => {
    const heard: string[] = [];
    const listening = stage.acme.subscribe('_INBOX.>', { callback: (_, { subject }) => void heard.push(subject) });
    await stage.acme.flush();
    await ok(globex, 'reservations.get', { vmId: 'globex-1' });
    await ok(operator, 'reservations.get', { vmId: 'globex-1' });
    stage.globex.publish('_INBOX.anybody', 'x');
    const mark = `${stage.acme.info?.client_id}`;
    await ok(acme, 'reservations.get', { vmId: 'acme-1' });
    listening.unsubscribe();
    expect([mark, heard.length]).toEqual([mark, 1]);
  });

  it.each(['operator', 'platform', 'reader', 'dashboard', 'h1'])('lets %s neither ask as a tenant nor hear what tenants ask', async (name) => {
    const nats = await stage.bus.connectAs(name === 'h1' ? host(name) : service(name));
    for (const request of TENANT_REQUESTS) expect(await mayPublish(nats, `vfleet.tenant.acme.api.${request}`)).toBe(false);
    expect(await mayHear(nats, 'vfleet.tenant.>')).toBe(false);
    expect(await mayHear(nats, '_R_.>')).toBe(false);
    await nats.close();
  });

  it('bounds what one tenant may have of it', async () => {
    const nats = await stage.bus.connectAs(tenant('globex'));
    const many = (): unknown => Array.from({ length: 1_100 }, (_, n) => nats.subscribe(`_INBOX.${n}`, { callback: () => undefined }));
    expect((await refusals(nats, many)).join()).toMatch(/maximum subscriptions exceeded/i);
    await nats.close();
  });
});

describe('the database, where its views have lost their conditions,', () => {
  const nothing = async (): Promise<string> => JSON.stringify(await ask(acme, 'vms.get', { vmId: NOWHERE })).replaceAll(NOWHERE, 'it');
  let close: () => Promise<unknown>;
  beforeAll(async () => {
    close = await openViews(stage.owner);
  });
  afterAll(() => close?.());

  it.each(NOT_ITS_OWN.filter((vmId) => vmId !== 'disputed-1'))('tells a tenant of %s as if that VM were not there', async (vmId) => {
    expect(JSON.stringify(await ask(acme, 'vms.get', { vmId })).replaceAll(vmId, 'it')).toBe(await nothing());
  });

  it('tells it of a disputed VM what its platform has said in this tenant’s name, and nothing of the reservation that names another', async () => {
    const vm = await ok(acme, 'vms.get', { vmId: 'disputed-1' });
    expect(vm).toMatchObject({ tenant: 'acme', wishes: { devices: [] }, reservation: null, devices: [] });
    expect(JSON.stringify(vm)).not.toMatch(/globex/);
  });

  it('tells it of its own VMs', async () => {
    for (const vmId of ['acme-1', 'acme-2']) expect(await ok(acme, 'vms.get', { vmId })).toMatchObject({ vmId, tenant: 'acme' });
  });

  it('would tell it of others’ if rows had no policies', async () => {
    await guardRows(stage.owner, 'disable');
    for (const vmId of NOT_ITS_OWN) expect(await ask(acme, 'vms.get', { vmId })).toMatchObject({ status: 0, body: { vmId } });
    await guardRows(stage.owner, 'enable');
    expect(await ask(acme, 'vms.get', { vmId: 'globex-1' })).toMatchObject({ status: 404 });
  });
});

describe.each(TABLES)('the database, where the tenants’ role was given %s,', (table) => {
  /** A mark is its own row, and goes by its own word: that of the disputed VM names acme. */
  const others = table === 'journal.marks' ? /globex-|nobodys-/ : /globex-|nobodys-|disputed-/;

  it('shows a tenant what is its own', async () => {
    expect(await readAs(stage.owner, 'acme', table)).toMatch(/acme-/);
    expect(await readAs(stage.owner, 'acme', table)).not.toMatch(others);
  });

  it('shows nothing to a tenant that has no VM, and to none', async () => {
    for (const name of ['initech', '']) expect(await readAs(stage.owner, name, table)).toBe('[]');
  });

  it('would show everything if rows had no policies', async () => {
    await guardRows(stage.owner, 'disable');
    expect(await readAs(stage.owner, 'acme', table)).toMatch(others);
    await guardRows(stage.owner, 'enable');
  });
});

describe('a tenant that is added while all runs', () => {
  it('is answered once the server has read its configuration again, knows nothing yet, and is cut off when it is revoked', async () => {
    const later = tenant('initech');
    await add(stage.bus.folder, later);
    reloadServer(stage.bus.pidFile);
    const nats = await until('initech to be let in', () => stage.bus.connectAs(later));
    // Server 2.9 has heard of a new account after one reload, and brings its requests to the services after another one.
    const listed = await until('initech to be answered', () => {
      reloadServer(stage.bus.pidFile);
      return ok(askAs(nats), 'reservations.list');
    });
    expect(vmIdsOf(listed)).toEqual([]);
    expect(await ok(acme, 'reservations.get', { vmId: 'acme-1' })).toMatchObject({ vmId: 'acme-1' });
    const gone = nats.closed();
    revoke(stage.bus.folder, later);
    reloadServer(stage.bus.pidFile);
    await gone;
    await expect(stage.bus.connectAs(tenant('globex')).then((one) => one.close())).resolves.toBeUndefined();
  });
});
