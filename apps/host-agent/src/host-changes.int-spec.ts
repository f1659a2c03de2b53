import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { aFolder, aSysfsCapture, until, type SysfsCapture } from '@vfleet/testing';
import { readConfiguration, type Configuration } from './configuration/config.js';
import { NAMELESS } from './domain/testing.js';
import { qemuStandIn, type QemuStandIn } from './hypervisor/testing/qemu-stand-in.js';
import { sysfsWriter, type SysfsWriter } from './kernel/sysfs-writer.js';
import { standInKernel } from './kernel/testing/stand-in-kernel.js';
import { runAgent, type RunningAgent } from './run-agent.js';
import { stateFile } from './state-file.js';
import { readLinkName } from './sysfs/read.js';
import { sysfsHardware } from './sysfs/scanner.js';
import { anAgentBus, type AgentBus } from './testing/agent-bus.js';

const PF = '0000:01:00.0';

describe('a host whose agent may change it', () => {
  let bus: AgentBus;
  let capture: SysfsCapture;
  let agent: RunningAgent;
  let qemu: QemuStandIn | undefined;
  let facts: { readonly fact: string; readonly device?: { readonly deviceId: string; readonly address: string; readonly functionType?: string } }[];
  beforeAll(async () => {
    bus = await anAgentBus();
    bus.nats.subscribe('vfleet.in.host.h1.*', {
      callback: (_, message) => void facts.push({ ...message.json<object>(), fact: message.subject.split('.').at(-1) as string }),
    });
    await bus.nats.flush();
  });
  afterAll(async () => {
    await bus.close();
  });
  beforeEach(() => {
    facts = [];
    capture = aSysfsCapture('full-iommu-novfs');
  });
  afterEach(async () => {
    await agent.stop('done');
    await qemu?.close();
    qemu = undefined;
    capture.close();
  });

  const configure = (devices: readonly object[]): Configuration => {
    const file = join(aFolder('changes'), 'state.json');
    return readConfiguration(
      {},
      {
        VFLEET_AGENT_HOST_ID: 'h1',
        VFLEET_AGENT_SYSFS_ROOT: capture.sysfsRoot,
        VFLEET_AGENT_STATE_FILE: file,
        VFLEET_AGENT_DEVICES: JSON.stringify(devices),
      },
    );
  };
  const start = async (configuration: Configuration, writer: SysfsWriter): Promise<void> => {
    const parts = { configuration, hardware: sysfsHardware(configuration), names: NAMELESS, client: bus.client, writer };
    agent = await runAgent({ ...parts, state: stateFile(configuration.stateFile, 'h1'), version: '1', log: pino({ level: 'silent' }) });
    await agent.reported;
    await bus.nats.flush();
  };
  const ask = async (request: unknown): Promise<unknown> =>
    (await bus.nats.request('vfleet.agent.h1.sriov.set', JSON.stringify(request), { timeout: 30_000 })).json();
  const vfsTold = (): number => facts.filter(({ fact, device }) => fact === 'DeviceDiscovered' && device?.functionType === 'vf').length;

  it('has the virtual functions that somebody asks for, and tells of them before it answers', async () => {
    await start(configure([]), standInKernel(capture.sysfsRoot));
    expect(await ask({ address: PF, numVfs: 3 })).toMatchObject({ address: PF, numVfs: 3, totalVfs: 7 });
    await until('the virtual functions to be told', () => vfsTold() === 3);
  });

  it('says what is wrong with a request, field by field', async () => {
    await start(configure([]), standInKernel(capture.sysfsRoot));
    expect(await ask({ address: PF, numVfs: -1, force: true })).toMatchObject({
      error: { code: 'INVALID_REQUEST', details: [{ field: 'force' }, { field: 'numVfs' }] },
    });
    expect(await ask({ address: PF, numVfs: 8 })).toMatchObject({ error: { code: 'INVALID_REQUEST', details: [{ field: 'numVfs' }] } });
  });

  it('has what its configuration wants, from the start and after a change', async () => {
    await start(configure([{ address: PF, numVfs: 2 }]), standInKernel(capture.sysfsRoot));
    await until('two virtual functions to be told', () => vfsTold() === 2);
    await agent.reconfigure(configure([{ address: '0000:03:00.0', numVfs: 4 }]));
    await until('four more to be told', () => vfsTold() === 6);
  });

  it('binds a device to vfio-pci for a VM, and gives it back when the VM has let go of it', async () => {
    const NIC = '0000:05:00.0';
    const folder = aFolder('lent');
    qemu = await qemuStandIn('7.2', join(folder, 'vm-1.qmp'));
    const configuration = { ...configure([]), hypervisor: { driver: 'qmp', sockets: folder, ip: 'ip' } } as const;
    await start(configuration, standInKernel(capture.sysfsRoot));
    const driver = (): string | undefined => readLinkName(join(capture.sysfsRoot, 'bus/pci/devices', NIC, 'driver'));
    const deviceId = facts.find(({ device }) => device?.address === NIC)?.device?.deviceId;
    const order = { vmId: 'vm-1', deviceId, address: NIC, deadlineSeconds: 20 };
    const command = (verb: string) =>
      bus.nats.request(`vfleet.agent.h1.hostdev.${verb}`, JSON.stringify({ ...order, commandId: verb }), { timeout: 30_000 });
    await command('attach');
    await until('the device to be attached', () => facts.some(({ fact }) => fact === 'HostdevAttached'));
    expect([driver(), qemu.plugged().map(({ host }) => host)]).toEqual(['vfio-pci', [NIC]]);
    await command('detach');
    await until('the device to be out', () => facts.some(({ fact }) => fact === 'HostdevDetached'));
    expect(driver()).toBe('e1000e');
    await until('its driver to be told', () => facts.filter(({ fact }) => fact === 'DeviceChanged').length >= 2);
  });

  it('looks again before it binds anything: what the host has begun to need since is not lent', async () => {
    const NIC = '0000:05:00.0';
    const folder = aFolder('needed');
    qemu = await qemuStandIn('7.2', join(folder, 'vm-1.qmp'));
    const kernel = standInKernel(capture.sysfsRoot);
    await start({ ...configure([]), hypervisor: { driver: 'qmp', sockets: folder, ip: 'ip' } }, kernel);
    const deviceId = facts.find(({ device }) => device?.address === NIC)?.device?.deviceId;
    const net = join(capture.sysfsRoot, '../proc/net');
    mkdirSync(net, { recursive: true });
    writeFileSync(join(net, 'route'), 'enp5s0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n');
    const order = { commandId: 'c', vmId: 'vm-1', deviceId, address: NIC, deadlineSeconds: 20 };
    await bus.nats.request('vfleet.agent.h1.hostdev.attach', JSON.stringify(order), { timeout: 30_000 });
    await until('the refusal', () => facts.some(({ fact }) => fact === 'HostdevFailed'));
    expect(facts.find(({ fact }) => fact === 'HostdevFailed')).toMatchObject({
      code: 'DEVICE_BUSY',
      message: expect.stringContaining('default-route'),
    });
    expect(kernel.written).toEqual([]);
  });

  it('is written to where its kernel reads it', async () => {
    await start(configure([]), sysfsWriter(capture.sysfsRoot));
    await ask({ address: PF, numVfs: 7 });
    expect(readFileSync(join(capture.sysfsRoot, 'bus/pci/devices', PF, 'sriov_numvfs'), 'utf8')).toBe('7\n');
  });
});
