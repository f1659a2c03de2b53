import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  parseNatsUrl,
  type ApiErrorBody,
  type CloudEvent,
  type DetachedFromVm,
  type DeviceList,
  type History,
  type HotplugDevice,
  type MigrationList,
  type Reservation,
  type Vm,
} from '@vfleet/contracts';
import {
  aDatabase,
  aNatsServer,
  aService,
  MovingPlatform,
  SimulatedHost,
  until,
  VF_NAME,
  type RunningProgram,
  type TestDatabase,
  type TestNats,
} from '@vfleet/testing';

const MINUTES = 60_000;
const CARDS = 4;
const VFS = 8 * CARDS;
/** Seconds that a guest has: few, for where it is waited for in vain. */
const IMPATIENT = { migration: { deadlines: { unplug: 2, plug: 2 } } };
/** After its deadline, when everything has been told of that. */
const LATE_MS = 2_000;
const A_VF = { device: VF_NAME };

let database: TestDatabase;
let bus: TestNats;
let nats: NatsConnection;
let platform: MovingPlatform;
let host: SimulatedHost;
let migrator: RunningProgram;
let allocator: RunningProgram;
let inventory: RunningProgram;
const events: CloudEvent<Record<string, unknown>>[] = [];
let attachments: readonly { readonly vmId: string; readonly address: string }[] = [];

beforeAll(async () => {
  [database, bus] = await Promise.all([aDatabase(), aNatsServer()]);
  nats = await connect(parseNatsUrl(bus.url));
  nats.subscribe('vfleet.evt.>', { callback: (_, message) => void events.push(message.json()) });
  nats.subscribe('vfleet.in.host.h1.InventoryAttested', {
    callback: (_, message) => {
      attachments = message.json<{ attachments: typeof attachments }>().attachments;
    },
  });
  const servers = { pgUrl: database.url, natsUrl: bus.url };
  [allocator, inventory] = await Promise.all([aService('allocator', servers), aService('inventory', servers)]);
  migrator = await aService('migrator', servers);
  host = new SimulatedHost('h1', nats, { natsUrl: bus.url, cards: CARDS });
  platform = new MovingPlatform(nats, new Map([['h1', host]]));
  const known = async (): Promise<boolean> => (await ask<DeviceList>('devices.list', { filter: { name: VF_NAME } })).items.length === VFS;
  await until('the host to have told of its VFs', known, 2 * MINUTES);
}, 5 * MINUTES);

afterAll(async () => {
  platform.close();
  await Promise.all([host.close(), ...[migrator, allocator, inventory].map((one) => one.kill('SIGKILL'))]);
  await nats.close();
  await bus.close();
  await database.close();
}, MINUTES);

/** As any program would ask: plain JSON, and the status in a header. */
const reply = async (name: string, body: object): Promise<{ readonly status: number; readonly body: unknown }> => {
  const answer = await nats.request(`vfleet.api.${name}`, JSON.stringify(body), { timeout: 2 * MINUTES });
  return { status: Number(answer.headers?.get('Nats-Service-Error-Code') || 200), body: answer.json() };
};
const ask = async <T>(name: string, body: object): Promise<T> => {
  const { status, body: answer } = await reply(name, body);
  if (status !== 200) throw new Error(`${name}: ${JSON.stringify(answer)}`);
  return answer as T;
};
const refusal = async (
  name: string,
  body: object,
): Promise<{ status: number; code: string; devices?: readonly HotplugDevice[]; details: unknown }> => {
  const { status, body: answer } = await reply(name, body);
  const { code, details } = (answer as Partial<ApiErrorBody>).error ?? { code: 'none', details: undefined };
  const { devices } = (details ?? {}) as { devices?: readonly HotplugDevice[] };
  return { status, code, ...(devices && { devices }), details };
};

/** A VM that runs with one VF, plugged by its platform. */
const running = async (vmId: string, request: object = {}): Promise<string> => {
  await platform.start(vmId, 'h1', request);
  const state = async (): Promise<boolean> => (await ask<Vm>('vms.get', { vmId })).state === 'running';
  await until(`${vmId} to run with its device`, async () => plugged(vmId).length === 1 && (await state()));
  return vmId;
};
const plugged = (vmId: string): readonly string[] => attachments.filter((one) => one.vmId === vmId).map(({ address }) => address);
const held = async (vmId: string): Promise<readonly string[]> =>
  (await ask<Vm>('vms.get', { vmId })).devices.map(({ address }) => address).toSorted();

/** What the VM holds is what its host has plugged in, and nothing else. */
const expectPlugged = async (vmId: string, count: number): Promise<readonly string[]> => {
  const holds = await held(vmId);
  await until(`what ${vmId} holds to be attested`, () => JSON.stringify([...plugged(vmId)].toSorted()) === JSON.stringify(holds));
  expect(holds).toHaveLength(count);
  return holds;
};
const eventsOf = (vmId: string): readonly string[] =>
  events.filter(({ data }) => data['vmId'] === vmId && data['migrationId'] !== undefined).map(({ type }) => type.split('.')[2] as string);
const event = (vmId: string, name: string): Promise<true> => until(`${name} of ${vmId}`, () => eventsOf(vmId).includes(name));

describe('a running VM', () => {
  it('gets a device plugged in while it runs, and gives it back', async () => {
    const vmId = await running('vm-1');
    const reservation = await ask<Reservation>('vms.attach', { vmId, devices: [{ name: 'second', ...A_VF }] });
    expect(reservation.devices.map(({ requestName }) => requestName)).toEqual([`${VF_NAME}-0`, 'second']);
    await expectPlugged(vmId, 2);
    const { deviceId } = reservation.devices[1] as Reservation['devices'][number];
    expect(await ask<DetachedFromVm>('vms.detach', { vmId, requestName: 'second' })).toMatchObject({
      vmId,
      devices: [{ requestName: `${VF_NAME}-0` }],
    });
    await expectPlugged(vmId, 1);
    expect(await ask('devices.get', { deviceId })).toMatchObject({ state: 'available' });
    const { items } = await ask<History>('devices.history', { deviceId });
    expect(items.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['HostdevUnplugged', 'HostdevPlugged', 'HotplugStarted', 'HotplugCompleted']),
    );
    expect((await ask<MigrationList>('migrations.list', {})).items).toEqual([]);
  });

  it('may give back the last device that it has', async () => {
    const vmId = await running('vm-2');
    const [{ deviceId }] = (await ask<Vm>('vms.get', { vmId })).devices as [Vm['devices'][number]];
    expect(await ask('vms.detach', { vmId, deviceId })).toEqual({ vmId, reservation: null, devices: [] });
    await expectPlugged(vmId, 0);
  });

  it('is refused what is not to be had, with the reasons, and what it does not have', async () => {
    const vmId = await running('vm-3');
    expect(await refusal('vms.attach', { vmId, devices: [{ device: 'GPU' }] })).toMatchObject({
      status: 422,
      code: 'UNSATISFIABLE',
      details: { unmet: [{ requestName: 'GPU-0', asked: 1, matched: 0 }] },
    });
    expect(await refusal('vms.attach', { vmId, devices: [] })).toMatchObject({ status: 400, details: [{ field: 'devices' }] });
    expect(await refusal('vms.attach', { vmId, devices: [{ device: 'GPU', cuont: 2 }] })).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    expect(await refusal('vms.attach', { vmId, devices: [{ match: {} }] })).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    expect(await refusal('vms.attach', { vmId: 'nobody', devices: [A_VF] })).toMatchObject({ status: 404, code: 'VM_NOT_FOUND' });
    expect(await refusal('vms.detach', { vmId: 'nobody', requestName: 'x' })).toMatchObject({ status: 404, code: 'VM_NOT_FOUND' });
    expect(await refusal('vms.detach', { vmId, requestName: 'x' })).toMatchObject({ status: 404, code: 'REQUEST_NOT_FOUND' });
    expect(await refusal('vms.detach', { vmId, deviceId: '0'.repeat(20) })).toMatchObject({ status: 404, code: 'DEVICE_NOT_FOUND' });
    expect(await refusal('vms.detach', { vmId })).toMatchObject({ status: 400, details: [{ field: 'requestName' }] });
    await expectPlugged(vmId, 1);
  });

  it('keeps a device that its guest does not let go, and is told where it is', async () => {
    const vmId = await running('vm-4');
    await host.simulate({ vmId, verb: 'detach', refuse: true, times: 1 });
    expect(await refusal('vms.detach', { vmId, requestName: `${VF_NAME}-0` })).toMatchObject({
      status: 422,
      code: 'GUEST_REFUSED',
      devices: [{ requestName: `${VF_NAME}-0`, where: 'attached' }],
    });
    await expectPlugged(vmId, 1);
  });

  it('gets all devices or none: those that were plugged in go back', async () => {
    const vmId = await running('vm-5');
    await host.simulate({ vmId, verb: 'attach', failCode: 'DRIVER_ERROR', times: 1 });
    const failed = await refusal('vms.attach', { vmId, devices: [{ ...A_VF, count: 3 }] });
    expect([failed.status, failed.code, failed.devices?.map(({ where }) => where)]).toEqual([422, 'DRIVER_ERROR', Array(3).fill('unplugged')]);
    await expectPlugged(vmId, 1);
    expect(eventsOf(vmId).filter((name) => name === 'HostdevUnplugged')).toHaveLength(2);
  });

  it('gets a device plugged again that its guest lets go too late', async () => {
    const vmId = await running('vm-6', IMPATIENT);
    await host.simulate({ vmId, verb: 'detach', silent: true, lateMs: LATE_MS, times: 1 });
    expect(await refusal('vms.detach', { vmId, requestName: `${VF_NAME}-0` })).toMatchObject({ status: 422, code: 'TIMEOUT' });
    await event(vmId, 'HostdevPlugged');
    expect(eventsOf(vmId).slice(-4)).toEqual(['HotplugFailed', 'HostdevUnplugged', 'HostdevPlugRequested', 'HostdevPlugged']);
    await expectPlugged(vmId, 1);
  });

  it('does not get a device that is never plugged in', async () => {
    const vmId = await running('vm-7', IMPATIENT);
    await host.simulate({ vmId, verb: 'attach', silent: true, times: 1 });
    expect(await refusal('vms.attach', { vmId, devices: [{ ...A_VF, ...IMPATIENT }] })).toMatchObject({
      status: 422,
      code: 'TIMEOUT',
      devices: [{ where: 'unplugged' }],
    });
    await expectPlugged(vmId, 1);
  });

  it('has one thing done to it at a time', async () => {
    const vmId = await running('vm-8');
    await host.simulate({ vmId, verb: 'attach', slowMs: 3_000, times: 1 });
    const first = reply('vms.attach', { vmId, devices: [A_VF] });
    await event(vmId, 'HostdevPlugRequested');
    expect(await refusal('vms.detach', { vmId, requestName: `${VF_NAME}-0` })).toMatchObject({ status: 409, code: 'OPERATION_IN_PROGRESS' });
    expect(await refusal('migrations.start', { vmId })).toMatchObject({ status: 409, code: 'OPERATION_IN_PROGRESS' });
    expect((await first).status).toBe(200);
    await expectPlugged(vmId, 2);
  });
});

describe('a VM that does not run', () => {
  it('has devices reserved and given back, and nobody plugs anything', async () => {
    const vmId = 'vm-9';
    await ask('reservations.reserve', { vmId, hostId: 'h1', devices: [A_VF] });
    expect((await ask<Reservation>('vms.attach', { vmId, devices: [{ name: 'second', ...A_VF }] })).devices).toHaveLength(2);
    expect((await ask<DetachedFromVm>('vms.detach', { vmId, requestName: 'second' })).devices).toHaveLength(1);
    expect(await ask('vms.detach', { vmId, requestName: `${VF_NAME}-0` })).toMatchObject({ reservation: null });
    expect(eventsOf(vmId).filter((name) => name.startsWith('Hostdev'))).toEqual([]);
  });
});

type Victim = 'migrator' | 'allocator' | 'agent';
const startAgain: Readonly<Record<Victim, () => Promise<unknown>>> = {
  migrator: async () => {
    await migrator.kill('SIGKILL');
    migrator = await aService('migrator', { pgUrl: database.url, natsUrl: bus.url });
  },
  allocator: async () => {
    await allocator.kill('SIGKILL');
    allocator = await aService('allocator', { pgUrl: database.url, natsUrl: bus.url });
  },
  agent: async () => {
    host.kill();
    await host.restart();
  },
};

/** Kills the victim as soon as that goes over the bus, and starts it again. */
const killAt = (vmId: string, point: RegExp, victim: Victim = 'migrator'): Promise<void> =>
  new Promise((resolve, reject) => {
    const all = nats.subscribe('vfleet.>', {
      callback: (_, { subject, data }) => {
        if (!point.test(subject) || !Buffer.from(data).includes(`"${vmId}"`)) return;
        all.unsubscribe();
        startAgain[victim]().then(() => resolve(), reject);
      },
    });
  });

describe('a migrator that is stopped', () => {
  it('tells whoever waits that the operation goes on, and its successor ends it', async () => {
    const vmId = await running('vm-stopped');
    await host.simulate({ vmId, verb: 'attach', slowMs: 3_000, times: 1 });
    const waiting = refusal('vms.attach', { vmId, devices: [{ device: VF_NAME }] });
    await event(vmId, 'HostdevPlugRequested');
    const { migrationId } = (events.findLast(({ data }) => data['vmId'] === vmId) as CloudEvent<Record<string, unknown>>).data;
    await migrator.kill('SIGTERM');
    expect(await waiting).toMatchObject({ status: 503, code: 'UNAVAILABLE', details: { operationId: migrationId } });
    migrator = await aService('migrator', { pgUrl: database.url, natsUrl: bus.url });
    await event(vmId, 'HotplugCompleted');
    await expectPlugged(vmId, 2);
  });
});

describe('a migrator that is killed', () => {
  it.each([
    ['an attachment is requested', /\.HotplugRequested$/],
    ['the allocator is asked for devices', /^vfleet\.internal\.allocator\.vms\.extend$/],
    ['the devices are held', /\.HotplugStarted$/],
    ['plugging is ordered', /\.hostdev\.attach$/],
    ['the device is plugged', /\.HostdevAttached$/],
  ])(
    'when %s, leaves its successor to end it',
    async (what, point) => {
      const vmId = await running(`vm-killed-${what.replaceAll(' ', '-')}`);
      const killed = killAt(vmId, point);
      nats.publish('vfleet.api.vms.attach', JSON.stringify({ vmId, devices: [{ device: VF_NAME }] }));
      await killed;
      await event(vmId, 'HotplugCompleted');
      const [first, second] = await expectPlugged(vmId, 2);
      expect(first).not.toBe(second);
      expect((await ask<DetachedFromVm>('vms.detach', { vmId, requestName: `${VF_NAME}-1` })).devices).toHaveLength(1);
      await platform.tell(vmId, 'h1', 'destroyed');
    },
    2 * MINUTES,
  );

  it.each([
    ['unplugging is ordered', /\.hostdev\.detach$/],
    ['the device is unplugged', /\.HostdevDetached$/],
    ['the allocator is asked to take it back', /^vfleet\.internal\.allocator\.vms\.shrink$/],
  ])(
    'when %s, leaves its successor to end it',
    async (what, point) => {
      const vmId = await running(`vm-killed-${what.replaceAll(' ', '-')}`);
      const killed = killAt(vmId, point);
      nats.publish('vfleet.api.vms.detach', JSON.stringify({ vmId, requestName: `${VF_NAME}-0` }));
      await killed;
      await event(vmId, 'HotplugCompleted');
      await expectPlugged(vmId, 0);
    },
    2 * MINUTES,
  );

  it(
    'while a guest refuses what is plugged beside it, has its successor undo it',
    async () => {
      const vmId = await running('vm-killed-undoing');
      await host.simulate({ vmId, verb: 'attach', failCode: 'DRIVER_ERROR', times: 1 });
      const killed = killAt(vmId, /\.HotplugUndoing$/);
      nats.publish('vfleet.api.vms.attach', JSON.stringify({ vmId, devices: [{ device: VF_NAME, count: 2 }] }));
      await killed;
      await event(vmId, 'HotplugFailed');
      await expectPlugged(vmId, 1);
    },
    2 * MINUTES,
  );
});

describe.each(['allocator', 'agent'] as const)('the %s, killed while a device is attached or detached,', (victim) => {
  const POINTS = [
    ['attached and is held', /\.HotplugStarted$/, 'attach', 2],
    ['ordered to be plugged', /\.hostdev\.attach$/, 'attach', 2],
    ['plugged', /\.HostdevAttached$/, 'attach', 2],
    ['ordered to be unplugged', /\.hostdev\.detach$/, 'detach', 0],
    ['unplugged', /\.HostdevDetached$/, 'detach', 0],
  ] as const;

  it.each(POINTS)(
    'is missed by nobody when it is up again: it was %s',
    async (what, point, verb, holds) => {
      const vmId = await running(`vm-${victim}-${what.replaceAll(' ', '-')}`);
      const killed = killAt(vmId, point, victim);
      const wish = verb === 'attach' ? { devices: [{ device: VF_NAME }] } : { requestName: `${VF_NAME}-0` };
      nats.publish(`vfleet.api.vms.${verb}`, JSON.stringify({ vmId, ...wish }));
      await killed;
      await event(vmId, 'HotplugCompleted');
      await expectPlugged(vmId, holds);
      await platform.tell(vmId, 'h1', 'destroyed');
    },
    2 * MINUTES,
  );
});
