import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiErrorBody, ApiName, CloudEvent, DeviceList, Drain, MigrationPlan } from '@vfleet/contracts';
import { aSystem, publishHosts, tellOfHost, until, type TestSystem } from '@vfleet/testing';

const MINUTES = 60_000;
const HOSTS = 5;
const VFS = 8;
const A_VF = { device: '10GE' };
/** After all that `publishHosts` tells of a host. */
const LATER = 10_000;
/** Nobody answers for the agents here: what has begun stays under way. */
const SLOW = { migration: { deadlines: { unplug: 600, plug: 600 } } };

let system: TestSystem;
const events: CloudEvent<Record<string, unknown>>[] = [];
let sequence = 0;

beforeAll(async () => {
  system = await aSystem();
  system.nats.subscribe('vfleet.evt.migration.>', { callback: (_, message) => void events.push(message.json()) });
  await system.start('allocator', 'inventory', 'migrator');
  await publishHosts(system.nats, HOSTS, VFS);
  const known = async (): Promise<boolean> =>
    ((await system.reply('devices.list', { filter: { name: '10GE' }, limit: 1_000 })).body as DeviceList).items.length === HOSTS * VFS;
  await until('all hosts to be known', known, MINUTES);
  await tellOfHost(system.nats, 'h3', LATER, 'HostOffline', { reason: 'over' });
  await until('h3 to be offline', async () => JSON.stringify(await system.reply('hosts.get', { hostId: 'h3' })).includes('"offline"'), MINUTES);
  await system.reply('hosts.drain', { hostId: 'h4' });
}, 5 * MINUTES);

afterAll(async () => {
  await system?.close();
}, MINUTES);

/** `<status> <code>`, and the fields that are named. */
const refusal = async (name: ApiName, body: object): Promise<readonly string[]> => {
  const answer = await system.reply(name, body);
  const { code, details } = (answer.body as Partial<ApiErrorBody>).error ?? { code: 'none', details: undefined };
  const fields = Array.isArray(details) ? details.flatMap((one: { readonly field?: string }) => one.field ?? []) : [];
  return [`${answer.status} ${code}`, ...fields];
};
const tell = async (vmId: string, state: string, wish: object = {}): Promise<void> => {
  const { status, body } = await system.reply('vms.report', { vmId, state, hostId: 'h0', sequence: (sequence += 1), ...wish });
  if (status !== 200) throw new Error(JSON.stringify(body));
};
/** A VM that runs on h0 with a VF, though nobody has plugged it. */
const running = async (vmId: string, request: object = {}): Promise<string> => {
  await tell(vmId, 'starting', { devices: [{ ...A_VF, ...request }] });
  await tell(vmId, 'running');
  return vmId;
};
const planned = async (request: object): Promise<readonly string[]> =>
  ((await system.reply('migrations.plan', request)).body as MigrationPlan).blockers.map(({ code }) => code);
const rejections = (vmId: string): readonly unknown[] =>
  events.flatMap(({ type, data }) => (type === 'io.vfleet.MigrationRejected.v1' && data['vmId'] === vmId ? [data['code']] : []));

/** Every device has its place at an address where no host has anything. */
const ADDRESSES = Array.from({ length: VFS }, (_, n) => [`0000:10:00.${n}`, '0000:99:00.0'] as const);
const NOWHERE = { migration: { match: 'address', addressMap: Object.fromEntries(ADDRESSES) } };

describe('a move that is asked for', () => {
  it.each([
    ['VM_UNKNOWN', 'of a VM that nobody has told of', {}, 'h1', () => Promise.resolve()],
    ['VM_NOT_RUNNING', 'of a VM that has not got so far', {}, 'h1', (vmId: string) => tell(vmId, 'starting', { devices: [A_VF] })],
    ['SAME_HOST', 'to where the VM is', {}, 'h0', running],
    ['TARGET_UNKNOWN', 'to a host that nobody knows', {}, 'h99', running],
    ['TARGET_STALE', 'to a host that is not heard', {}, 'h3', running],
    ['HOST_DRAINING', 'to a host that is drained', {}, 'h4', running],
    ['MIGRATION_FORBIDDEN', 'of a VM whose request forbids it', {}, 'h1', (vmId: string) => running(vmId, { migration: { mode: 'forbid' } })],
    ['MIGRATION_FORBIDDEN', 'cold, of a VM that runs', { mode: 'cold' }, 'h1', running],
    [
      'STANDBY_REQUIRED',
      'of a VM that has no standby and needs one',
      {},
      'h1',
      (vmId: string) => running(vmId, { migration: { requireStandby: true } }),
    ],
    ['NO_MATCHING_DEVICE', 'to a host without what it needs', {}, 'h1', (vmId: string) => running(vmId, NOWHERE)],
    ['NO_ELIGIBLE_HOST', 'anywhere, of a VM that can be nowhere else', {}, undefined, (vmId: string) => running(vmId, NOWHERE)],
  ] as const)('%s, %s, is refused with 422 and an event, and its plan says so beforehand', async (code, what, more, targetHostId, prepare) => {
    const vmId = `vm-${what.replaceAll(/\W/g, '-')}`;
    await prepare(vmId);
    const request = { vmId, ...more, ...(targetHostId && { targetHostId }) };
    expect(await planned(request)).toEqual([code]);
    expect(rejections(vmId)).toEqual([]);
    expect(await refusal('migrations.start', request)).toEqual([`422 ${code}`]);
    expect(await until('the event of it', () => rejections(vmId).length > 0 && rejections(vmId))).toEqual([code]);
    await tell(vmId, 'destroyed');
  });

  it('while it moves already, or is given a device, is refused with 409', async () => {
    const vmId = await running('vm-busy', SLOW);
    const { status, body } = await system.reply('migrations.start', { vmId, targetHostId: 'h1' });
    expect(status).toBe(200);
    const { migrationId } = body as { readonly migrationId: string };
    expect(await refusal('migrations.start', { vmId, targetHostId: 'h2' })).toEqual(['409 MIGRATION_IN_PROGRESS']);
    expect(await refusal('vms.attach', { vmId, devices: [A_VF] })).toEqual(['409 MIGRATION_IN_PROGRESS']);
    expect(await refusal('vms.detach', { vmId, requestName: '10GE-0' })).toEqual(['409 MIGRATION_IN_PROGRESS']);
    expect(await refusal('migrations.retry', { migrationId })).toEqual(['409 MIGRATION_NOT_FAILED']);
    expect(await refusal('migrations.resolve', { migrationId })).toEqual(['409 MIGRATION_NOT_FAILED']);
    await tell(vmId, 'destroyed');
    await until('its end', () => events.some(({ type, data }) => type === 'io.vfleet.MigrationRolledBack.v1' && data['vmId'] === vmId));
    expect(await refusal('migrations.cancel', { migrationId })).toEqual(['409 MIGRATION_PAST_CANCELLING']);
  });

  it('that is not known is 404, whatever is to be done with it', async () => {
    const asked = await Promise.all(
      (['get', 'cancel', 'retry', 'resolve'] as const).map((verb) => refusal(`migrations.${verb}`, { migrationId: 'none' })),
    );
    expect(asked).toEqual(Array.from({ length: 4 }, () => ['404 MIGRATION_NOT_FOUND']));
  });

  it('with a wrong field is 400, and names the field', async () => {
    expect(await refusal('migrations.start', { vmId: 'vm-1', targetHost: 'h1' })).toEqual(['400 INVALID_REQUEST', 'targetHost']);
    expect(await refusal('migrations.start', { targetHostId: 'h1' })).toEqual(['400 INVALID_REQUEST', 'vmId']);
    expect(await refusal('migrations.plan', { vmId: 'vm-1', mode: 'warm' })).toEqual(['400 INVALID_REQUEST', 'mode']);
    expect(await refusal('migrations.cancel', {})).toEqual(['400 INVALID_REQUEST', 'migrationId']);
  });
});

describe('a host that is to be drained', () => {
  it('says of each VM that cannot leave why, dry or not, and moves the others', async () => {
    await running('vm-free', SLOW);
    await running('vm-bound', { migration: { mode: 'forbid' } });
    await running('vm-only', NOWHERE);
    const blocked = [
      expect.objectContaining({ vmId: 'vm-bound', code: 'MIGRATION_FORBIDDEN' }),
      expect.objectContaining({ vmId: 'vm-only', code: 'NO_ELIGIBLE_HOST' }),
    ];
    for (const dryRun of [true, false]) {
      const drain = (await system.reply('hosts.drain', { hostId: 'h0', dryRun })).body as Drain;
      expect(drain.blocked).toEqual(blocked);
      expect(drain.migrations).toEqual([expect.objectContaining({ vmId: 'vm-free' })]);
    }
  });

  it('and is not known is 404; without a name 400', async () => {
    expect(await refusal('hosts.drain', { hostId: 'h99' })).toEqual(['404 HOST_NOT_FOUND']);
    expect(await refusal('hosts.drain', { hostId: 'h99', dryRun: true })).toEqual(['404 HOST_NOT_FOUND']);
    expect(await refusal('hosts.drain', {})).toEqual(['400 INVALID_REQUEST', 'hostId']);
  });
});

describe('a device that is to be attached', () => {
  it('by a name that is not stored, or taken, is refused', async () => {
    await system.reply('hosts.undrain', { hostId: 'h0' });
    const vmId = await running('vm-wants');
    expect(await refusal('vms.attach', { vmId, devices: [{ alias: 'none' }] })).toEqual(['422 ALIAS_NOT_FOUND']);
    expect(await refusal('vms.attach', { vmId, devices: [{ model: 'none' }] })).toEqual(['422 MODEL_NOT_FOUND']);
    expect(await refusal('vms.attach', { vmId, devices: [{ name: '10GE-0', ...A_VF }] })).toEqual(['409 ALREADY_EXISTS']);
    await system.reply('quotas.put', { tenant: 'acme', match: { name: '10GE' }, limit: 1 });
    await tell('vm-poor', 'starting', { devices: [A_VF], tenant: 'acme' });
    await tell('vm-poor', 'running');
    expect(await refusal('vms.attach', { vmId: 'vm-poor', devices: [A_VF] })).toEqual(['422 QUOTA_EXCEEDED']);
  });
});
