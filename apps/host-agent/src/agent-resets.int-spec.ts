import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parseFact, type Fact } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import { aFolder, aSysfsCapture, until, type SysfsCapture } from '@vfleet/testing';
import { pino } from 'pino';
import { NAMELESS } from './domain/testing.js';
import type { Simulator } from './hypervisor/simulator.js';
import type { SysfsWriter } from './kernel/sysfs-writer.js';
import { standInKernel, type StandInKernel } from './kernel/testing/stand-in-kernel.js';
import { runAgent, type RunningAgent } from './run-agent.js';
import { simulatedConfiguration } from './simulation/simulated-configuration.js';
import { stateFile } from './state-file.js';
import { sysfsHardware } from './sysfs/scanner.js';
import { anAgentBus, type AgentBus } from './testing/agent-bus.js';

/** Virtual functions that are bound to vfio-pci. */
const [VF, OTHER_VF] = ['0000:03:10.0', '0000:03:10.2'];

describe('an agent whose VMs leave devices behind', () => {
  let bus: AgentBus;
  let capture: SysfsCapture;
  let kernel: StandInKernel;
  let folder: string;
  let agent: RunningAgent;
  let heard: Fact[] = [];
  let hostId: string;
  let hosts = 0;
  /** What a write to `reset` waits for. */
  let hanging: Promise<void> | undefined;

  beforeAll(async () => {
    bus = await anAgentBus();
    // By the agent's own connection: what it tells is heard before its answers.
    bus.client.nats.subscribe('vfleet.in.host.*.*', { callback: (_, { subject, data }) => void heard.push(parseFact({ subject, payload: data })) });
  });
  afterAll(async () => {
    await bus.close();
  });

  const start = async (): Promise<void> => {
    heard = [];
    const { sysfsRoot } = capture;
    const procRoot = join(sysfsRoot, '../proc');
    const file = join(folder, 'state.json');
    const given = simulatedConfiguration(1, bus.url, folder);
    // The spec says when it is time.
    const rhythm = { heartbeatSeconds: 3_600, rescanSeconds: 3_600 };
    const configuration = { ...given, ...rhythm, hostId, sysfsRoot, procRoot, stateFile: file, labels: { rules: [] }, deviceReset: 'try' as const };
    const parts = { configuration, hardware: sysfsHardware({ sysfsRoot, procRoot }), names: NAMELESS, client: bus.client, version: '1' };
    const writer: SysfsWriter = {
      write: async (path, text) => {
        if (path.endsWith('/reset')) await hanging;
        await kernel.write(path, text);
      },
    };
    agent = await runAgent({ ...parts, writer, state: stateFile(file, hostId), log: pino({ level: 'silent' }) });
    await agent.reported;
  };
  beforeEach(async () => {
    hanging = undefined;
    hostId = `h${(hosts += 1)}`;
    folder = aFolder('resets');
    capture = aSysfsCapture('host2-iommu-vfs-vfio');
    kernel = standInKernel(capture.sysfsRoot);
    for (const address of [VF, OTHER_VF]) writeFileSync(join(capture.sysfsRoot, 'bus/pci/devices', address, 'reset'), '');
    await start();
  });
  afterEach(async () => {
    await agent.stop('done');
    capture.close();
  });

  const seen = (address: string): DeviceObservation => {
    const all = heard.flatMap(({ name, data }) => (name === 'DeviceDiscovered' || name === 'DeviceChanged' ? [data.device] : []));
    return all.filter((device) => device.address === address).at(-1) as DeviceObservation;
  };
  const deviceIds = new Map<string, string>();
  let commands = 0;
  const order = async (verb: 'attach' | 'detach', vmId: string, address: string): Promise<Fact> => {
    const commandId = `c${(commands += 1)}`;
    const deviceId = seen(address)?.deviceId ?? deviceIds.get(address);
    deviceIds.set(address, deviceId as string);
    await bus.client.ask(`vfleet.agent.${hostId}.hostdev.${verb}`, { commandId, vmId, deviceId, address, deadlineSeconds: 60 });
    return until(`${verb} to be told`, () => heard.find(({ data }) => 'commandId' in data && data.commandId === commandId));
  };
  /** A heartbeat, as soon as one is wanted. */
  const attested = async (): Promise<void> => {
    await bus.client.ask(`vfleet.agent.${hostId}.probe`, { full: true });
  };
  /** What was told in this order: marks of devices that are not reset, outcomes, and what is attached. */
  const story = (): readonly string[] =>
    heard.flatMap(({ name, data }) => {
      if (name === 'DeviceChanged') return [`${data.device.address} ${data.device.hostUse.map(({ code }) => code).join() || 'clean'}`];
      if (name === 'InventoryAttested') return [`attached ${data.attachments?.map(({ address }) => address).join()}`];
      return name === 'HostdevDetached' || name === 'HostdevFailed' ? [name] : [];
    });
  /** But for attestations from before it was out of its VM, which may come late. */
  const storyWithout = (address: string): readonly string[] => story().filter((one) => !(one.startsWith('attached') && one.includes(address)));
  const startOver = (): void => void (heard = heard.filter(({ name }) => name === 'DeviceDiscovered'));
  const resetsOf = (address: string): number => kernel.written.filter((one) => one === `bus/pci/devices/${address}/reset 1`).length;

  it('has a device reset before it tells that it is out of its VM', async () => {
    await order('attach', 'vm-1', VF);
    expect(resetsOf(VF)).toBe(0);
    startOver();
    expect((await order('detach', 'vm-1', VF)).name).toBe('HostdevDetached');
    expect(resetsOf(VF)).toBe(1);
    await attested();
    expect(story().filter((one) => one.startsWith(VF))).toEqual([]);
  });

  it('tells that a device is not reset before it tells that it is out of its VM, and gives it to no other', async () => {
    await order('attach', 'vm-1', VF);
    startOver();
    kernel.refuse('/reset', 'EIO');
    await order('detach', 'vm-1', VF);
    expect(storyWithout(VF)[0]).toBe(`${VF} not-reset`);
    expect(storyWithout(VF)).toContain('HostdevDetached');
    expect(seen(VF).hostUse).toEqual([
      { code: 'not-reset', detail: `left by vm-1: its reset failed: bus/pci/devices/${VF}/reset does not take 1 (EIO)` },
    ]);
    const refused = await order('attach', 'vm-2', VF);
    expect(refused).toMatchObject({ name: 'HostdevFailed', data: { code: 'DEVICE_BUSY', message: expect.stringContaining('vm-1 has left it') } });
    expect((await order('attach', 'vm-1', VF)).name).toBe('HostdevAttached');
    expect(seen(VF).hostUse).toEqual([]);
  });

  it('tells that a device is not reset before it attests that a VM which ended has nothing any more', async () => {
    await order('attach', 'vm-1', VF);
    await order('attach', 'vm-2', OTHER_VF);
    startOver();
    kernel.refuse(`${VF}/reset`, 'EIO');
    (agent.hypervisor as Simulator).vmEnded('vm-1');
    await attested();
    expect(storyWithout(VF)[0]).toBe(`${VF} not-reset`);
    expect(storyWithout(VF)).toContain(`attached ${OTHER_VF}`);
    await attested();
    await until('the device to be told as clean', () => story().includes(`${VF} clean`));
    expect([resetsOf(VF), resetsOf(OTHER_VF)]).toEqual([2, 0]);
  });

  it.each([
    ['has been unplugged', (): Promise<unknown> => order('detach', 'vm-1', VF), 'HostdevDetached'],
    ['was of a VM that ended', async (): Promise<void> => (agent.hypervisor as Simulator).vmEnded('vm-1'), 'attached '],
  ])('tells that a device which %s is being reset, where that takes long, before it is told to be out', async (_, leave, out) => {
    await order('attach', 'vm-1', VF);
    let reset: () => void = () => {};
    hanging = new Promise((resolve) => (reset = resolve));
    startOver();
    await leave();
    await attested();
    expect(storyWithout(VF)[0]).toBe(`${VF} not-reset`);
    expect(seen(VF).hostUse).toEqual([{ code: 'not-reset', detail: 'left by vm-1: it is being reset' }]);
    expect(storyWithout(VF)).toContain(out);
    reset();
    await until('the device to be told as clean', () => story().includes(`${VF} clean`));
  });

  it('tells it still after a restart, until the device is reset', async () => {
    await order('attach', 'vm-1', VF);
    kernel.refuse('/reset', 'EIO');
    await order('detach', 'vm-1', VF);
    await agent.stop('restart');
    kernel.refuse('/reset', 'EIO');
    await start();
    expect(story().filter((one) => one.startsWith(VF))).toEqual([]);
    await attested();
    await until('the device to be told as clean', () => story().includes(`${VF} clean`));
    expect(resetsOf(VF)).toBe(3);
  });
});
