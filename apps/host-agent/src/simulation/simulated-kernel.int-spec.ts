import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DeviceObservation } from '@vfleet/pci';
import { aFolder, until } from '@vfleet/testing';
import { pino } from 'pino';
import { runAgent, type RunningAgent } from '../run-agent.js';
import { fileBeside, stateFile } from '../state-file.js';
import { simulatedConfiguration, simulatedNames } from './simulated-configuration.js';
import { simulatedHost } from './simulated-host.js';
import { simulatedKernel } from './simulated-kernel.js';
import { anAgentBus, type AgentBus } from '../testing/agent-bus.js';

interface Told {
  readonly fact: string;
  readonly device?: DeviceObservation;
  readonly address?: string;
  readonly devices?: number;
}
const [PF, FIRST, LAST] = ['0000:02:00.0', '0000:02:02.0', '0000:02:05.7'];

describe('the virtual functions of a simulated host', () => {
  let bus: AgentBus;
  let told: Told[];
  let folder: string;
  let agent: RunningAgent;

  beforeAll(async () => {
    bus = await anAgentBus();
    // By the agent's own connection: what it tells is heard before its answers.
    bus.client.nats.subscribe('vfleet.in.host.sim-01.*', {
      callback: (_, message) => void told.push({ ...message.json<object>(), fact: message.subject.split('.').at(-1) as string }),
    });
  });
  afterAll(async () => {
    await bus.close();
  });
  const start = async (): Promise<void> => {
    const configuration = simulatedConfiguration(1, bus.url, folder);
    const kernel = simulatedKernel(fileBeside(configuration.stateFile, 'kernel.json'));
    const parts = { configuration, hardware: simulatedHost(1, kernel), writer: kernel, names: simulatedNames, client: bus.client, version: '1' };
    agent = await runAgent({ ...parts, state: stateFile(configuration.stateFile, 'sim-01'), log: pino({ level: 'silent' }) });
    await agent.reported;
  };
  beforeEach(() => {
    [told, folder] = [[], aFolder('simulated')];
  });
  const order = async (verb: string, body: object): Promise<object> =>
    (await bus.client.nats.request(`vfleet.agent.sim-01.${verb}`, JSON.stringify(body), { timeout: 30_000 })).json();
  const told10GE = (fact: string): readonly Told[] => told.filter((one) => one.fact === fact && one.device?.functionType === 'vf');

  it('come as many as are asked for, with the names and networks that their PF gives them', async () => {
    await start();
    told = [];
    expect(await order('sriov.set', { address: PF, numVfs: 32 })).toMatchObject({ address: PF, numVfs: 32, totalVfs: 32 });
    await until('all to be told', () => told10GE('DeviceDiscovered').length === 28);
    const last = told10GE('DeviceDiscovered').find(({ device }) => device?.address === LAST)?.device;
    expect(last).toMatchObject({ name: '10GE', physicalNetwork: 'physnet1', vfIndex: 31, pcieRoot: '0000:00:01.0' });
    const groups = told10GE('DeviceDiscovered').map(({ device }) => device?.iommuGroup);
    expect(new Set(groups).size).toBe(28);
    await agent.stop('done');
  });

  it('go when fewer are asked for, and the others stay the same devices; so they do over a restart of the agent', async () => {
    await start();
    const before = told10GE('DeviceDiscovered').find(({ device }) => device?.address === FIRST)?.device?.deviceId;
    await order('sriov.set', { address: PF, numVfs: 1 });
    await until('three to be gone', () => told.filter(({ fact }) => fact === 'DeviceRemoved').length === 3);
    await agent.stop('restart');
    told = [];
    await start();
    await until('a heartbeat', () => told.some(({ fact }) => fact === 'InventoryAttested'));
    expect(told.filter(({ fact }) => fact.startsWith('Device'))).toEqual([]);
    await order('probe', { full: true });
    await until('everything to be told', () => told10GE('DeviceDiscovered').length === 5);
    expect(told10GE('DeviceDiscovered').find(({ device }) => device?.address === FIRST)?.device?.deviceId).toBe(before);
    await agent.stop('done');
  });

  it('do not go while one is attached, nor beyond what the card can have', async () => {
    await start();
    const deviceId = told10GE('DeviceDiscovered').find(({ device }) => device?.address === FIRST)?.device?.deviceId;
    await order('hostdev.attach', { commandId: 'c1', vmId: 'vm-1', deviceId, address: FIRST, deadlineSeconds: 20 });
    await until('it to be attached', () => told.some(({ fact }) => fact === 'HostdevAttached'));
    expect(await order('sriov.set', { address: PF, numVfs: 8 })).toMatchObject({
      error: { code: 'VFS_IN_USE', message: `${FIRST} is attached to a VM` },
    });
    expect(await order('sriov.set', { address: PF, numVfs: 33 })).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
    await agent.stop('done');
    expect(simulatedKernel(fileBeside(join(folder, 'agent-sim-01.json'), 'kernel.json')).numVfs(PF as never)).toBe(4);
  });
});
