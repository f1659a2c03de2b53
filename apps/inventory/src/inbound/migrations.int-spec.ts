import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MigrationFilter, MigrationList } from '@vfleet/contracts';
import { aLog, observation } from '../../spec/events.js';
import { anInventory, type InventoryUnderTest } from '../../spec/inventory-service.js';
import { aDeviceMove, aMove } from '../../spec/moves.js';

let inventory: InventoryUnderTest;
const log = aLog();
const source = observation('h1', '0000:28:00.1', { name: '10GE' });
const target = observation('h2', '0000:65:00.3', { name: '10GE' });
const nic = aDeviceMove(source, target);
/** What happened, and in this order: m1 moves vm1 from h1 to h2, m2 is refused, m3 and m4 are on their way. */
const moves = {
  m1: aMove(log, 'm1', 'vm1'),
  m2: aMove(log, 'm2', 'vm2', { sourceHostId: 'h1', targetHostId: 'h3' }),
  m3: aMove(log, 'm3', 'vm3', { sourceHostId: 'h3', targetHostId: 'h1' }),
  m4: aMove(log, 'm4', 'vm4', { sourceHostId: 'h4', targetHostId: 'h2' }),
};

beforeAll(async () => {
  inventory = await anInventory();
  await inventory.append([
    ...['h1', 'h2', 'h3'].map((hostId) => log.online(hostId)),
    log.discovered('h1', source),
    log.discovered('h2', target),
    log.vmState('vm1', 'running', { hostId: 'h1', sequence: 1 }),
    log.reserved('h1', 'vm1', [source], 'r-1'),
  ]);
});

afterAll(() => inventory.close());

describe('migrations.get', () => {
  it('shows at once how far a move has come, and the VM in the middle of it', async () => {
    const { m1 } = moves;
    await inventory.append([m1.requested()]);
    expect(await inventory.served('migrations.get', { migrationId: 'm1' })).toMatchObject({
      state: 'requested',
      sourceHostId: null,
      targetHostId: 'h2',
    });
    await inventory.append([log.reserved('h2', 'vm1', [target], 'r-2', 'm1'), m1.reserved(nic), m1.unplugRequested(source)]);
    expect(await inventory.served('migrations.get', { migrationId: 'm1' })).toMatchObject({ state: 'unplugging', devices: [{ where: 'source' }] });
    expect(await inventory.served('vms.get', { vmId: 'vm1' })).toMatchObject({
      migrationId: 'm1',
      reservation: { reservationId: 'r-1', hostId: 'h1' },
    });
    for (const deviceId of [source.deviceId, target.deviceId])
      expect(await inventory.served('devices.get', { deviceId })).toMatchObject({ state: 'held', reservation: { vmId: 'vm1' } });
  });

  it('shows the whole move when it is done, and the VM with what it holds now', async () => {
    const { m1 } = moves;
    await inventory.append([m1.unplugged(source), m1.ready(), m1.migrated(), m1.plugRequested(target), m1.plugged(target)]);
    await inventory.append([log.released('h1', 'vm1', [source]), m1.released(), m1.completed([{ ...nic, where: 'target' }])]);
    const done = await inventory.served('migrations.get', { migrationId: 'm1' });
    expect(done).toMatchObject({ state: 'completed', devices: [{ ...nic, where: 'target' }], interruptionMs: 4_200, finishedAt: expect.any(String) });
    expect(done.steps.map(({ step }) => step)).toEqual([
      'MigrationRequested',
      'TargetReserved',
      'HostdevUnplugRequested',
      'HostdevUnplugged',
      'VmMigrationReady',
      'VmMigrated',
      'HostdevPlugRequested',
      'HostdevPlugged',
      'SourceReleased',
      'MigrationCompleted',
    ]);
    const vm = await inventory.served('vms.get', { vmId: 'vm1' });
    expect(vm).toMatchObject({ reservation: { reservationId: 'r-2', hostId: 'h2' }, devices: [{ deviceId: target.deviceId }] });
    expect(vm).not.toHaveProperty('migrationId');
    expect(await inventory.served('devices.get', { deviceId: source.deviceId })).toMatchObject({ state: 'available', reservation: null });
  });

  it('does not know what nobody has asked for', async () => {
    expect(await inventory.ask('migrations.get', { migrationId: 'none' })).toMatchObject({
      code: 404,
      body: { error: { code: 'MIGRATION_NOT_FOUND' } },
    });
  });
});

describe('vms.get at an earlier time', () => {
  it('shows the VM in the middle of its move, as it was', async () => {
    const then = (await inventory.served('devices.history', { deviceId: source.deviceId })).items.find(({ type }) => type === 'HostdevUnplugged');
    const vm = await inventory.served('vms.get', { vmId: 'vm1', at: then?.position as string });
    expect(vm).toMatchObject({ migrationId: 'm1', reservation: { reservationId: 'r-1', hostId: 'h1' } });
  });
});

describe('devices.history', () => {
  it('has what a move did to each device, on both sides', async () => {
    const types = async (deviceId: string): Promise<readonly string[]> =>
      (await inventory.served('devices.history', { deviceId })).items.map(({ type }) => type).toReversed();
    expect(await types(source.deviceId)).toEqual([
      'DeviceDiscovered',
      'DevicesReserved',
      'TargetReserved',
      'HostdevUnplugRequested',
      'HostdevUnplugged',
      'DevicesReleased',
    ]);
    expect(await types(target.deviceId)).toEqual(['DeviceDiscovered', 'DevicesReserved', 'TargetReserved', 'HostdevPlugRequested', 'HostdevPlugged']);
  });
});

describe('migrations.list', () => {
  const ids = ({ items }: MigrationList): readonly string[] => items.map(({ migrationId }) => migrationId);
  const listed = async (filter: MigrationFilter): Promise<readonly string[]> => ids(await inventory.served('migrations.list', { filter }));

  beforeAll(async () => {
    const { m2, m3, m4 } = moves;
    await inventory.append([m2.requested(), m2.rejected('MIGRATION_FORBIDDEN', { sourceHostId: 'h1' }), m3.requested(), m3.reserved()]);
    await inventory.append([m4.requested(), m4.reserved(), m4.ready()]);
  });

  it('gives pages, newest first, until there is no more', async () => {
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page: MigrationList = await inventory.served('migrations.list', { limit: 3, ...(cursor && { cursor }) });
      seen.push(...ids(page));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(['m4', 'm3', 'm2', 'm1']);
  });

  it.each<[MigrationFilter, readonly string[]]>([
    [{}, ['m4', 'm3', 'm2', 'm1']],
    [{ vmId: 'vm1' }, ['m1']],
    [{ hostId: 'h1' }, ['m3', 'm2', 'm1']],
    [{ hostId: 'h4' }, ['m4']],
    [{ hostId: 'nowhere' }, []],
    [{ state: 'rejected' }, ['m2']],
    [{ active: true }, ['m4', 'm3']],
    [{ active: false }, ['m2', 'm1']],
    [{ active: true, hostId: 'h2' }, ['m4']],
    [{ state: 'moving', vmId: 'vm3' }, []],
  ])('of %j are %j', async (filter, expected) => {
    expect(await listed(filter)).toEqual(expected);
  });

  it('names what is wrong with a filter or a cursor', async () => {
    for (const [body, field] of [
      [{ filter: { vm: 'vm1' } }, 'filter.vm'],
      [{ filter: { state: 'lost' } }, 'filter.state'],
      [{ filter: { active: 'yes' } }, 'filter.active'],
      [{ cursor: 'x' }, 'cursor'],
      [{ limit: 1_001 }, 'limit'],
    ] as const)
      expect(await inventory.ask('migrations.list', body)).toMatchObject({ code: 400, body: { error: { details: [{ field }] } } });
  });
});

describe('a host that is emptied', () => {
  const states = async (state: string): Promise<readonly string[]> =>
    (await inventory.served('hosts.list', { filter: { state } })).items.map(({ hostId }) => hostId);

  it('is listed as draining, and no longer as online', async () => {
    await inventory.append([log.draining('h2')]);
    expect(await inventory.served('hosts.get', { hostId: 'h2' })).toMatchObject({ state: 'draining' });
    expect([await states('draining'), await states('online')]).toEqual([['h2'], ['h1', 'h3']]);
    await inventory.append([log.stale('h2')]);
    expect([await states('draining'), await states('stale')]).toEqual([[], ['h2']]);
    await inventory.append([log.recovered('h2'), log.undrained('h2')]);
    expect([await states('draining'), await states('online')]).toEqual([[], ['h1', 'h2', 'h3']]);
  });
});
