import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { CloudEvent, Device, DeviceList, HostList, Vm } from '@vfleet/contracts';
import { aFolder, aProgram, aSysfsCapture, aSystem, until, type RunningProgram, type SysfsCapture, type TestSystem } from '@vfleet/testing';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** VFs of the machines in the captures; their names are given by the properties files below. */
const NAMED = { 'host-a': ['01:10.2', '01:10.4', '0000:01:10.6'], 'host-b': ['03:10.0', '03:10.2'] } as const;

let system: TestSystem;
const captures: SysfsCapture[] = [];
const agents = new Map<string, RunningProgram>();
const heard: CloudEvent<Record<string, unknown>>[] = [];
const facts: string[] = [];

beforeAll(async () => {
  system = await aSystem();
  system.nats.subscribe('vfleet.evt.>', { callback: (_, message) => void heard.push(message.json()) });
  system.nats.subscribe('vfleet.in.host.>', { callback: (_, message) => void facts.push(message.subject.split('.').slice(3).join(' ')) });
  await system.start('allocator', 'inventory');
  await Promise.all([agent('host-a', 'full-iommu-vfs-vfio'), agent('host-b', 'host2-iommu-vfs-vfio')]);
}, 240_000);

afterAll(async () => {
  await Promise.all([...agents.values()].map((one) => one.kill()));
  captures.forEach(({ close }) => close());
  await system?.close();
});

const files = new Map<string, { readonly config: string; readonly properties: string }>();

/** Writes an agent's configuration over a capture of a real machine and starts it. */
const agent = async (hostId: keyof typeof NAMED, capture: Parameters<typeof aSysfsCapture>[0]): Promise<void> => {
  const tree = aSysfsCapture(capture);
  captures.push(tree);
  const folder = aFolder(hostId);
  const paths = { config: join(folder, 'agent.yaml'), properties: join(folder, 'agent.properties') };
  files.set(hostId, paths);
  const config = { hostId, natsUrl: system.bus.url, sysfsRoot: tree.sysfsRoot, stateFile: join(folder, 'state.json'), heartbeatSeconds: 3 };
  writeFileSync(paths.config, JSON.stringify(config));
  nameDevices(hostId, '10GE');
  await startAgent(hostId);
};

const nameDevices = (hostId: keyof typeof NAMED, name: string): void =>
  writeFileSync(files.get(hostId)?.properties as string, `pci.devices=${NAMED[hostId].map((address) => `${address}|${name}`).join(',')}\n`);

const startAgent = async (hostId: string): Promise<void> => {
  const { config, properties } = files.get(hostId) as { config: string; properties: string };
  const before = facts.filter((fact) => fact === `${hostId} InventoryAttested`).length;
  agents.set(hostId, aProgram('host-agent', ['--config', config, '--properties', properties]));
  await until(
    () => `the first report of ${hostId}; it said ${agents.get(hostId)?.said()}`,
    () => facts.filter((fact) => fact === `${hostId} InventoryAttested`).length > before,
  );
};

const ask = async <T>(subject: string, body: object): Promise<T> =>
  (await system.nats.request(`vfleet.api.${subject}`, JSON.stringify(body), { timeout: 30_000 })).json();

/** What a platform publishes, as `nats pub` would: plain bytes on a subject. */
const report = (vmId: string, body: object): void => system.nats.publish(`vfleet.in.vm.${vmId}.VmStateChanged`, JSON.stringify({ vmId, ...body }));

const event = (name: string, vmId: string): Promise<CloudEvent<Record<string, unknown>>> =>
  until(
    () => `${name} of ${vmId}; heard ${heard.map(({ type }) => type).join(' ')}`,
    () => heard.find(({ type, data }) => type === `io.vfleet.${name}.v1` && data['vmId'] === vmId),
  );

describe('a fleet of two hosts, read from captures of real machines', () => {
  it('is known with its hosts and every device', async () => {
    const inCapture = captures[0]?.info('lspci-n-D-vmm-k.txt').match(/^Slot:/gm)?.length ?? Number.NaN;
    const devices = await until(`the ${inCapture} PCI devices of the capture`, async () => {
      const { items } = await ask<DeviceList>('devices.list', { filter: { hostId: 'host-a', kind: 'pci' }, limit: 1000 });
      return items.length === inCapture && items;
    });
    const { items: hosts } = await ask<HostList>('hosts.list', {});
    expect(hosts.map(({ hostId, state }) => [hostId, state])).toEqual([
      ['host-a', 'online'],
      ['host-b', 'online'],
    ]);
    expect(devices.filter(({ name }) => name === '10GE').map(({ address }) => address)).toEqual(['0000:01:10.2', '0000:01:10.4', '0000:01:10.6']);
  });

  it('gives a starting VM the devices it names, and everyone can see who holds them', async () => {
    report('vm-1', { state: 'starting', hostId: 'host-a', devices: [{ device: '10GE', count: 2 }] });
    const { data, subject } = await event('DevicesReserved', 'vm-1');
    expect([subject, (data['devices'] as Device[]).map(({ address }) => address)]).toEqual(['host-host-a', ['0000:01:10.2', '0000:01:10.4']]);
    const { items } = await ask<DeviceList>('devices.list', { filter: { state: 'held' } });
    expect(items.map(({ hostId, address, reservation }) => [hostId, address, reservation?.vmId])).toEqual([
      ['host-a', '0000:01:10.2', 'vm-1'],
      ['host-a', '0000:01:10.4', 'vm-1'],
    ]);
    expect(await ask<Vm>('vms.get', { vmId: 'vm-1' })).toMatchObject({
      state: 'starting',
      hostId: 'host-a',
      devices: [{ address: '0000:01:10.2' }, { address: '0000:01:10.4' }],
    });
  });

  it('refuses a VM that wants more than is left, with the counts', async () => {
    report('vm-2', { state: 'STARTING', hostId: 'host-a', devices: [{ device: '10GE', count: 2 }] });
    const { data } = await event('ReservationRejected', 'vm-2');
    expect(data).toMatchObject({ code: 'UNSATISFIABLE', unmet: [{ asked: 2, matched: 3, free: 1, reasons: [{ code: 'DEVICE_IN_USE', count: 2 }] }] });
  });

  it('takes back what a stopped VM held', async () => {
    report('vm-1', { state: 'stopped', hostId: 'host-a' });
    await event('DevicesReleased', 'vm-1');
    expect((await ask<DeviceList>('devices.list', { filter: { state: 'held' } })).items).toEqual([]);
  });

  it('hears of new names, and of nothing else, when an agent is started again with other properties', async () => {
    await agents.get('host-b')?.kill();
    nameDevices('host-b', '25GE');
    // What it said last has been heard by then.
    await system.nats.flush();
    facts.length = 0;
    await startAgent('host-b');
    const told = facts.filter((fact) => fact.startsWith('host-b') && !/HostOnline|InventoryAttested/.test(fact));
    expect(told).toEqual(['host-b DeviceRenamed', 'host-b DeviceRenamed']);
    const items = await until('both new names', async () => {
      const list = await ask<DeviceList>('devices.list', { filter: { name: '25GE' } });
      return list.items.length >= 2 && list.items;
    });
    expect(items.map(({ hostId, address }) => [hostId, address])).toEqual([
      ['host-b', '0000:03:10.0'],
      ['host-b', '0000:03:10.2'],
    ]);
  });

  it('keeps a malformed fact untouched, and serves the next one', async () => {
    const carried = headers();
    carried.set('X-Platform', 'spec');
    system.nats.publish('vfleet.in.vm.vm-3.VmStateChanged', '{"vmId": "vm-3", "state"', { headers: carried });
    report('vm-3', { state: 'starting', hostId: 'host-b', devices: [{ device: '25GE' }] });
    await event('DevicesReserved', 'vm-3');
    const letter = await until('the dead letter', async () =>
      (await jetstreamManager(system.nats)).streams.getMessage('VFLEET_DLQ', { last_by_subj: 'vfleet.dlq.vm.vm-3.VmStateChanged' }),
    );
    expect([
      letter.string(),
      letter.header.get('X-Platform'),
      letter.header.get('Vfleet-Error-Code'),
      letter.header.get('Vfleet-Original-Subject'),
    ]).toEqual(['{"vmId": "vm-3", "state"', 'spec', 'NOT_JSON', 'vfleet.in.vm.vm-3.VmStateChanged']);
  });

  it('tells a platform whose request is misspelt, and selects nothing', async () => {
    report('vm-4', { state: 'starting', hostId: 'host-b', devices: [{ match: { vendorid: '8086' } }] });
    const { data } = await event('ReservationRejected', 'vm-4');
    expect(data).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining('devices[0].match.vendorid') });
  });

  it('numbers every event without a gap, and by its place in the stream', async () => {
    const positions = heard.map(({ position }) => Number(position));
    const first = positions[0] as number;
    expect(positions).toEqual(positions.map((_, index) => first + index));
    const { id, position } = heard.at(-1) as CloudEvent;
    const stored = await (await jetstreamManager(system.nats)).streams.getMessage('VFLEET_EVT', { seq: Number(position) });
    expect(stored?.json<CloudEvent>().id).toBe(id);
  });
});
