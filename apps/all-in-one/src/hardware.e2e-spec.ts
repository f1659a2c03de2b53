import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiErrorBody, ApiName, CandidateList, CloudEvent, Device, DeviceList, History, PoolList, Reservation } from '@vfleet/contracts';
import { aDevice, aSystem, until, type TestSystem } from '@vfleet/testing';
import { EPOCHS, PlayedAgent, type ToldDevice } from './testing/played-agent.js';

/** What becomes of hardware in the whole system: real servers and services, and agents that somebody else might have written. */
const MINUTES = 60_000;

let system: TestSystem;
const agents: PlayedAgent[] = [];
const events: { readonly name: string; readonly data: Readonly<Record<string, unknown>> }[] = [];

beforeAll(async () => {
  system = await aSystem();
  system.nats.subscribe('vfleet.evt.>', {
    callback: (_, message) => {
      const { type, data } = message.json<CloudEvent<Record<string, unknown>>>();
      events.push({ name: type.split('.')[2] as string, data });
    },
  });
  await system.start('allocator', 'inventory');
}, 5 * MINUTES);

afterAll(async () => {
  for (const agent of agents) agent.close();
  await system?.close();
}, MINUTES);

const ask = async <T>(name: ApiName, body: object): Promise<T> => {
  const { status, body: answer } = await system.reply(name, body);
  if (status !== 200) throw new Error(`${name}: ${JSON.stringify(answer)}`);
  return answer as T;
};
const refusal = async (name: ApiName, body: object): Promise<object> => {
  const { status, body: answer } = await system.reply(name, body);
  return { status, ...(answer as Partial<ApiErrorBody>).error };
};
const device = (deviceId: string): Promise<Device> => ask('devices.get', { deviceId });
const reserve = (vmId: string, hostId: string, request: object): Promise<Reservation> =>
  ask('reservations.reserve', { vmId, hostId, devices: [request] });
const refusedOn = (hostId: string, request: object): Promise<object> =>
  refusal('reservations.reserve', { vmId: `vm-hopeful-on-${hostId}`, hostId, devices: [request] });
/** The refusal of a request for which every device is out for this reason. */
const outFor = (code: string): object => ({ status: 422, details: { unmet: [{ reasons: [{ code }] }] } });
const report = (vmId: string, hostId: string, state: string, more: object = {}): Promise<unknown> =>
  ask('vms.report', { vmId, hostId, state, ...more });

/** What was told of a host so far. */
const toldOf = (hostId: string): readonly string[] => events.filter(({ data }) => data['hostId'] === hostId).map(({ name }) => name);
const event = (hostId: string, name: string, more: object = {}): Promise<Readonly<Record<string, unknown>>> => {
  const wanted = Object.entries({ hostId, ...more });
  const find = (): Readonly<Record<string, unknown>> | undefined =>
    events.find((one) => one.name === name && wanted.every(([key, value]) => one.data[key] === value))?.data;
  return until(`${name} of ${hostId}`, find);
};

interface ToldHost {
  readonly agent: PlayedAgent;
  readonly hostId: string;
  readonly told: readonly ToldDevice[];
}

let hosts = 0;
/** A host whose agent has told of these devices. */
const aHost = async (devices: (hostId: string) => readonly ToldDevice[], more: object = {}): Promise<ToldHost> => {
  const hostId = `host-${(hosts += 1)}`;
  const agent = new PlayedAgent(system.nats, hostId);
  agents.push(agent);
  await system.nats.flush();
  const told = devices(hostId);
  agent.start(told, more);
  for (const { deviceId } of told) await event(hostId, 'DeviceDiscovered', { deviceId });
  return { agent, hostId, told };
};
const nic = (hostId: string, n: number, more: object = {}) => aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n, ...more });
const nics = (count: number) => (hostId: string) => Array.from({ length: count }, (_, n) => nic(hostId, n));
/** Resolves when a host's facts so far have been decided: one more device, which it tells of after them, is there by then. */
const settled = async ({ agent, hostId }: Pick<ToldHost, 'agent' | 'hostId'>): Promise<void> => {
  const last = aDevice(hostId, '0000:ff:00.0');
  agent.tell(last);
  await event(hostId, 'DeviceDiscovered', { deviceId: last.deviceId });
};

describe('two devices with one identity', () => {
  it('are shown as ambiguous, and given to nobody until they can be told apart', async () => {
    const { agent, hostId, told } = await aHost((id) => [nic(id, 0, { ambiguous: true }), nic(id, 1, { ambiguous: true })]);
    const { items } = await ask<DeviceList>('devices.list', { filter: { hostId } });
    const shown = { ambiguous: true, state: 'ineligible', eligible: false, ineligible: [{ code: 'AMBIGUOUS' }] };
    expect(items).toMatchObject([shown, shown]);
    expect(await refusedOn(hostId, { device: '10GE' })).toMatchObject(outFor('AMBIGUOUS'));
    expect(await refusedOn(hostId, { match: { address: '0000:28:00.0' } })).toMatchObject(outFor('AMBIGUOUS'));
    expect(await ask('candidates.list', { devices: [{ device: '10GE' }], hostIds: [hostId] })).toMatchObject({
      items: [],
      rejected: { reasons: [{ code: 'AMBIGUOUS', hosts: 1 }] },
    });

    const [{ deviceId }] = told as [ToldDevice];
    agent.say('DeviceChanged', { deviceId, device: nic(hostId, 0) });
    await event(hostId, 'DeviceChanged');
    expect(await reserve('vm-plain', hostId, { device: '10GE' })).toMatchObject({ devices: [{ deviceId }] });
  });
});

describe('facts of an earlier start of an agent', () => {
  it('change nothing, and are told nowhere: they are no fault', async () => {
    const host = await aHost(nics(2));
    const { agent, hostId, told } = host;
    const [{ deviceId, address }] = told as [ToldDevice];
    const before = toldOf(hostId).length;
    const late: readonly [string, object][] = [
      ['DeviceDiscovered', { device: nic(hostId, 7) }],
      ['DeviceRenamed', { deviceId, address, previousName: '10GE', name: 'OLD' }],
      ['DeviceReaddressed', { deviceId, previousAddress: address, address: '0000:01:00.0' }],
      ['DeviceRemoved', { deviceId, address, reason: 'gone' }],
      ['InventoryAttested', { devices: 0, digest: '0'.repeat(64), attachments: [{ vmId: 'vm-old', address }] }],
      ['HostOffline', { reason: 'stopped' }],
    ];
    late.forEach(([fact, data], index) => agent.sayAs(EPOCHS[0], 1_000 + index, fact, data));
    await settled(host);
    expect(toldOf(hostId).slice(before)).toEqual(['DeviceDiscovered']);
    expect(await device(deviceId)).toMatchObject({ name: '10GE', address, state: 'available' });
    expect(await ask('hosts.get', { hostId })).toMatchObject({ state: 'online', counts: { total: 3 } });
    expect(agent.probes).toEqual([]);
    expect(await ask('deadletters.list', {})).toMatchObject({ items: [] });
  });
});

describe('a host that misses three heartbeats', () => {
  it('is stale: it takes no new VM, what is held there stays held, and its next heartbeat makes up for it', async () => {
    const { agent, hostId, told } = await aHost(nics(2), { heartbeatSeconds: 1 });
    agent.beat(told);
    const { reservationId, devices } = await reserve('vm-faithful', hostId, { device: '10GE' });
    const held = devices[0]?.deviceId as string;
    const free = told.find(({ deviceId }) => deviceId !== held)?.deviceId as string;
    agent.hush();
    await event(hostId, 'HostStale');
    expect(await ask('hosts.get', { hostId })).toMatchObject({ state: 'stale', counts: { free: 0, held: 1, ineligible: 1 } });
    expect(await device(free)).toMatchObject({ state: 'ineligible', eligible: false, ineligible: [{ code: 'HOST_STALE' }] });
    expect(await device(held)).toMatchObject({ state: 'held', reservation: { vmId: 'vm-faithful' } });
    expect(await refusedOn(hostId, { device: '10GE' })).toMatchObject(outFor('HOST_STALE'));
    expect(await refusal('vms.report', { vmId: 'vm-new', hostId, state: 'starting', devices: [{ device: '10GE' }] })).toMatchObject(
      outFor('HOST_STALE'),
    );

    agent.beat(told);
    await event(hostId, 'HostRecovered');
    expect(await ask('reservations.get', { vmId: 'vm-faithful' })).toMatchObject({ reservationId, state: 'held' });
    expect(await reserve('vm-second', hostId, { device: '10GE' })).toMatchObject({ devices: [{ deviceId: free }] });
    expect(toldOf(hostId).filter((name) => /Released|ReleasePending|Missing|Removed/.test(name))).toEqual([]);
  });
});

describe('a heartbeat', () => {
  it('that means the same devices says nothing', async () => {
    const host = await aHost(nics(2));
    const before = toldOf(host.hostId).length;
    host.agent.attest([...host.told].reverse());
    await settled(host);
    expect(toldOf(host.hostId).slice(before)).toEqual(['DeviceDiscovered']);
    expect(host.agent.probes).toEqual([]);
  });

  it('that means other devices is told once, and has the agent asked for all of them', async () => {
    const { agent, hostId, told } = await aHost(nics(1));
    const all = [...told, nic(hostId, 5)];
    agent.onFullReport = () => {
      agent.tell(...all);
      agent.attest(all);
    };
    agent.attest(all);
    agent.attest(all);
    expect(await event(hostId, 'InventoryDiverged')).toMatchObject({ attested: 2, known: 1 });
    await event(hostId, 'DeviceDiscovered', { deviceId: all[1]?.deviceId });
    expect(agent.probes).toEqual([{ full: true }]);
    expect(await ask('hosts.get', { hostId })).toMatchObject({ counts: { total: 2 } });
    expect(toldOf(hostId)).toEqual(['HostOnline', 'DeviceDiscovered', 'InventoryDiverged', 'DeviceDiscovered']);
  });

  it('without any device removes none: a scan that found nothing is no removal', async () => {
    const host = await aHost(nics(2));
    const { agent, hostId, told } = host;
    await reserve('vm-unmoved', hostId, { device: '10GE' });
    agent.attest([], []);
    expect(await event(hostId, 'InventoryDiverged')).toMatchObject({ attested: 0, known: 2 });
    agent.startAnew();
    agent.attest([], []);
    await settled(host);
    expect(toldOf(hostId).filter((name) => /Removed|Missing|Lost|Released|Orphaned/.test(name))).toEqual([]);
    const { items } = await ask<DeviceList>('devices.list', { filter: { hostId, name: '10GE' } });
    expect(items.map(({ deviceId, state }) => [deviceId, state])).toEqual([
      [told[0]?.deviceId, 'held'],
      [told[1]?.deviceId, 'available'],
    ]);
  });
});

describe('a device that is attached without a reservation', () => {
  it('becomes that of the VM, if its platform has told of it', async () => {
    const { agent, hostId, told } = await aHost(nics(1));
    const [{ deviceId, address }] = told as [ToldDevice];
    await report('vm-stranger', hostId, 'running');
    agent.attest(told, [{ vmId: 'vm-stranger', address }]);
    expect(await event(hostId, 'ReservationAdopted')).toMatchObject({ vmId: 'vm-stranger', devices: [{ deviceId }] });
    expect(await device(deviceId)).toMatchObject({ state: 'held', reservation: { vmId: 'vm-stranger' } });
    expect(await ask('reservations.get', { vmId: 'vm-stranger' })).toMatchObject({ adopted: true, devices: [{ address }] });
    expect(toldOf(hostId)).not.toContain('ReservationOrphaned');
  });

  it('is an orphan if nobody knows the VM: it is kept for it, and not freed by its host alone', async () => {
    const host = await aHost(nics(1));
    const { agent, hostId, told } = host;
    const [{ deviceId, address }] = told as [ToldDevice];
    const attachments = [{ vmId: 'vm-nobody', address }];
    agent.attest(told, attachments);
    await event(hostId, 'ReservationAdopted', { vmId: 'vm-nobody' });
    expect(await event(hostId, 'ReservationOrphaned')).toMatchObject({ vmId: 'vm-nobody', devices: [{ deviceId }] });
    agent.attest(told, attachments);
    agent.attest(told, []);
    agent.attest(told, []);
    await settled(host);
    expect(toldOf(hostId)).not.toContain('DevicesReleased');
    expect(await device(deviceId)).toMatchObject({ state: 'held', reservation: { vmId: 'vm-nobody' } });
    expect(await refusedOn(hostId, { device: '10GE' })).toMatchObject(outFor('DEVICE_IN_USE'));
    expect(await ask('reservations.release', { vmId: 'vm-nobody' })).toEqual({ released: 1 });
    expect(await device(deviceId)).toMatchObject({ state: 'available', reservation: null });
  });
});

describe('a held device that vanishes', () => {
  it('is missing with its holder, whose owner is told, and still held when it is back', async () => {
    const { agent, hostId, told } = await aHost(nics(1));
    const [{ deviceId, address }] = told as [ToldDevice];
    const { reservationId } = await reserve('vm-loser', hostId, { device: '10GE' });
    agent.say('DeviceRemoved', { deviceId, address, reason: 'surprise removal' });
    expect(await event(hostId, 'DeviceLost')).toMatchObject({ vmId: 'vm-loser', deviceId, reservationId });
    expect(toldOf(hostId)).toContain('DeviceMissing');
    expect(await device(deviceId)).toMatchObject({ state: 'missing', reservation: { vmId: 'vm-loser' } });
    expect(await ask('hosts.get', { hostId })).toMatchObject({ counts: { missing: 1, held: 0, free: 0 } });
    expect(await refusedOn(hostId, { device: '10GE' })).toMatchObject({ status: 422 });

    agent.tell(...told);
    await event(hostId, 'DeviceReturned');
    expect(await device(deviceId)).toMatchObject({ state: 'held', reservation: { vmId: 'vm-loser' } });
    expect(await ask('reservations.get', { vmId: 'vm-loser' })).toMatchObject({ reservationId, state: 'held' });
  });
});

describe('a different device at a known address', () => {
  it('has nothing of the one that was there: no name, tag, cordon, history or holder', async () => {
    const { agent, hostId, told } = await aHost(nics(1));
    const [{ deviceId, address }] = told as [ToldDevice];
    await reserve('vm-owner', hostId, { device: '10GE' });
    await ask('devices.tag', { deviceId, tags: { rack: 'b4' } });
    await ask('devices.cordon', { deviceId, reason: 'smokes' });
    agent.say('DeviceRemoved', { deviceId, address, reason: 'replaced' });
    const heir = aDevice(hostId, address, { identity: 'serial:another', iommuGroup: 9 });
    agent.tell(heir);
    await event(hostId, 'DeviceDiscovered', { deviceId: heir.deviceId });

    const there = await ask<Device>('devices.get', { hostId, address });
    expect(there).toMatchObject({ deviceId: heir.deviceId, state: 'available', cordoned: false, reservation: null });
    expect(there.tags).toEqual({});
    expect(there).not.toHaveProperty('name');
    expect((await ask<History>('devices.history', { deviceId: heir.deviceId })).items.map(({ type }) => type)).toEqual(['DeviceDiscovered']);
    expect(await ask('devices.holders', { deviceId: heir.deviceId })).toEqual({ items: [] });
    expect(await device(deviceId)).toMatchObject({ state: 'missing', cordoned: true, tags: { rack: 'b4' }, reservation: { vmId: 'vm-owner' } });
  });
});

describe('a device whose address moves', () => {
  it('keeps its name, tags, cordon, history and reservation', async () => {
    const { agent, hostId, told } = await aHost(nics(1));
    const [{ deviceId, address: previousAddress }] = told as [ToldDevice];
    const address = '0000:29:00.0';
    const { reservationId } = await reserve('vm-moved', hostId, { device: '10GE' });
    await ask('devices.tag', { deviceId, tags: { rack: 'b4' } });
    await ask('devices.cordon', { deviceId, reason: 'smokes' });
    agent.say('DeviceReaddressed', { deviceId, previousAddress, address });
    expect(await event(hostId, 'DeviceReaddressed')).toMatchObject({ deviceId, previousAddress, address });

    expect(await device(deviceId)).toMatchObject({ address, name: '10GE', tags: { rack: 'b4' }, cordoned: true, reservation: { vmId: 'vm-moved' } });
    expect((await ask<History>('devices.history', { deviceId })).items.map(({ type }) => type)).toEqual([
      'DeviceReaddressed',
      'DeviceCordoned',
      'DeviceTagged',
      'DevicesReserved',
      'DeviceDiscovered',
    ]);
    expect(await ask('reservations.get', { vmId: 'vm-moved' })).toMatchObject({ reservationId, devices: [{ deviceId, address }] });
    expect(await ask('vms.get', { vmId: 'vm-moved' })).toMatchObject({ reservation: { reservationId }, devices: [{ deviceId, address }] });
    expect(await refusal('devices.get', { hostId, address: previousAddress })).toMatchObject({ status: 404 });
    agent.attest([{ deviceId, address, name: '10GE' }], [{ vmId: 'vm-moved', address }]);
    await settled({ agent, hostId });
    expect(toldOf(hostId).filter((name) => /Diverged|Adopted|Disputed/.test(name))).toEqual([]);
  });
});

describe('a model', () => {
  const cards = (hostId: string) => [aDevice(hostId, '0000:65:00.0', { vendorId: 'ca01', productId: 'fe01', class: '120000', iommuGroup: 1 })];
  const model = { model: 'npu-9', deviceType: 'NPU', vendorId: 'CA01', productId: 'fe01' };

  it('that is registered later counts for devices that are known already, on the hosts that it names', async () => {
    const [one, other, without] = [await aHost(cards), await aHost(cards), await aHost(cards, { customDevices: false })];
    const on = ({ told }: ToldHost): Promise<Device> => device(told[0]?.deviceId as string);
    expect(await on(one)).toMatchObject({ deviceType: 'PCI', state: 'available' });
    expect(await refusal('reservations.reserve', { vmId: 'vm-ai', hostId: one.hostId, devices: [{ model: 'npu-9' }] })).toMatchObject({
      status: 422,
      code: 'MODEL_NOT_FOUND',
    });

    await ask('models.create', { ...model, hostIds: [one.hostId, without.hostId] });
    expect(await on(one)).toMatchObject({ model: 'npu-9', deviceType: 'NPU', state: 'available' });
    expect(await on(other)).toMatchObject({ deviceType: 'PCI', state: 'available' });
    expect(await on(other)).not.toHaveProperty('model');
    expect(await on(without)).toMatchObject({ eligible: false, ineligible: [{ code: 'CUSTOM_DISABLED' }] });
    expect(await refusedOn(without.hostId, { model: 'npu-9' })).toMatchObject(outFor('CUSTOM_DISABLED'));
    const { items } = await ask<CandidateList>('candidates.list', { devices: [{ match: { deviceType: 'NPU' } }] });
    expect(items.map(({ hostId }) => hostId)).toEqual([one.hostId]);
    expect(await reserve('vm-ai', one.hostId, { model: 'npu-9' })).toMatchObject({ devices: [{ address: '0000:65:00.0' }] });
    expect(await refusal('models.delete', { model: 'npu-9' })).toMatchObject({ status: 409, code: 'MODEL_IN_USE' });
  });

  it.each<[string, object, object]>([
    ['the name of a built-in type', { ...model, model: 'x', productId: 'fe02', deviceType: 'GPU-HPC' }, { status: 409, code: 'RESERVED_TYPE' }],
    ['a name that is there', { ...model, productId: 'fe02' }, { status: 409, code: 'ALREADY_EXISTS' }],
    ['ids that are there for one of its hosts', { ...model, model: 'npu-10' }, { status: 409, code: 'ALREADY_EXISTS' }],
    ['ids that are no hex', { ...model, model: 'npu-11', productId: 'xyz' }, { status: 400, details: [{ field: 'productId' }] }],
  ])('is refused with %s', async (_, body, expected) => {
    expect(await refusal('models.create', body)).toMatchObject(expected);
  });
});

describe('hosts.probe', () => {
  it('names the hosts that do not answer, and has the others look at their hardware', async () => {
    const [answers, leftTheBus] = [await aHost(nics(1)), await aHost(nics(1))];
    const silent = await aHost(nics(1));
    for (const { agent } of [leftTheBus, silent]) agent.close();
    system.nats.subscribe(`vfleet.agent.${silent.hostId}.probe`, { callback: () => undefined });
    await system.nats.flush();
    const hostIds = [answers.hostId, leftTheBus.hostId, silent.hostId];
    const { probed, unreachable } = await ask<{ probed: string[]; unreachable: string[] }>('hosts.probe', { hostIds });
    expect([probed, unreachable]).toEqual([[answers.hostId], [leftTheBus.hostId, silent.hostId].sort()]);
    expect(answers.agent.probes).toEqual([{}]);
  });
});

describe('the classes that hosts keep', () => {
  it('count at once for devices, pools, candidates and reservations', async () => {
    const { hostId, told } = await aHost((id) => [aDevice(id, '0000:66:00.0', { name: 'DSP', class: '118000', iommuGroup: 1 })]);
    const [{ deviceId }] = told as [ToldDevice];
    const pool = async (): Promise<unknown> => (await ask<PoolList>('pools.list', { groupBy: ['name'], filter: { name: 'DSP' } })).items;
    const candidates = (): Promise<unknown> => ask('candidates.list', { devices: [{ device: 'DSP' }] });
    const { excludedClasses } = await ask<{ excludedClasses: object[] }>('eligibility.get', {});
    expect(await pool()).toMatchObject([{ free: 1, ineligible: 0 }]);
    expect(await candidates()).toMatchObject({ items: [{ hostId }] });

    await ask('eligibility.put', { excludedClasses: [...excludedClasses, { class: '1180', reason: 'signal processor' }] });
    expect(await device(deviceId)).toMatchObject({ state: 'ineligible', ineligible: [{ code: 'CLASS_EXCLUDED' }] });
    expect(await ask('devices.list', { filter: { hostId, eligible: true } })).toMatchObject({ items: [] });
    expect(await pool()).toMatchObject([{ free: 0, ineligible: 1 }]);
    expect(await candidates()).toMatchObject({ items: [], rejected: { reasons: expect.arrayContaining([{ code: 'CLASS_EXCLUDED', hosts: 1 }]) } });
    expect(await refusedOn(hostId, { device: 'DSP' })).toMatchObject(outFor('CLASS_EXCLUDED'));

    await ask('eligibility.put', { excludedClasses });
    expect(await pool()).toMatchObject([{ free: 1, ineligible: 0 }]);
    expect(await reserve('vm-dsp', hostId, { device: 'DSP' })).toMatchObject({ devices: [{ deviceId }] });
  });
});
