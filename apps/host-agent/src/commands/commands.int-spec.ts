import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { HOSTDEV_FAILURES, parseFact, type Fact } from '@vfleet/contracts';
import { aFolder, until } from '@vfleet/testing';
import type { Fault } from '../configuration/simulated-fault.js';
import { runAgent, type RunningAgent } from '../run-agent.js';
import { simulatedConfiguration, simulatedNames } from '../simulation/simulated-configuration.js';
import { simulatedHost } from '../simulation/simulated-host.js';
import { stateFile } from '../state-file.js';
import { anAgentBus, type AgentBus } from '../testing/agent-bus.js';

const log = pino({ level: 'silent' });
const HOST = 'sim-01';

describe('an agent that is given commands', () => {
  let bus: AgentBus;
  let folder: string;
  let agent: RunningAgent;
  let heard: Fact[];
  let inOrder = 0;

  beforeAll(async () => {
    bus = await anAgentBus();
    bus.nats.subscribe('vfleet.in.host.>', { callback: (_, { subject, data }) => void heard.push(parseFact({ subject, payload: data })) });
    await bus.nats.flush();
  });
  afterAll(async () => {
    await bus.close();
  });
  beforeEach(async () => {
    folder = aFolder('commands');
    heard = [];
    await start();
  });
  afterEach(() => agent.stop('test over'));

  const start = async (faults: readonly Fault[] = []): Promise<void> => {
    const configuration = {
      ...simulatedConfiguration(1, bus.url, folder),
      hypervisor: { driver: 'simulator', faults } as const,
      heartbeatSeconds: 3_600,
    };
    const state = stateFile(configuration.stateFile, HOST);
    agent = await runAgent({ configuration, hardware: simulatedHost(1), names: simulatedNames, client: bus.client, state, version: '1', log });
    await agent.reported;
    await bus.nats.flush();
  };
  const vfs = (): readonly { readonly deviceId: string; readonly address: string }[] =>
    heard.flatMap((fact) => (fact.name === 'DeviceDiscovered' && fact.data.device.name === '10GE' ? [fact.data.device] : []));
  const aCommand = (over: object = {}): Record<string, unknown> => {
    const [{ deviceId, address } = { deviceId: '', address: '' }] = vfs();
    return { commandId: `c${(inOrder += 1)}`, vmId: 'vm-1', deviceId, address, deadlineSeconds: 30, ...over };
  };
  const send = (verb: 'attach' | 'detach', command: object): Promise<unknown> => bus.client.ask(`vfleet.agent.${HOST}.hostdev.${verb}`, command);
  const simulate = (fault: object): Promise<unknown> => bus.client.ask(`vfleet.agent.${HOST}.simulate`, fault);
  const outcomes = (commandId: unknown): readonly Fact[] => heard.filter(({ data }) => 'commandId' in data && data.commandId === commandId);
  const outcome = (commandId: unknown, nth = 1): Promise<Fact> => until(`outcome ${nth} of ${String(commandId)}`, () => outcomes(commandId)[nth - 1]);
  /** The next attestation after a fact. */
  const attested = (fact: Fact): Promise<unknown> =>
    until('an attestation', () => {
      const next = heard.slice(heard.indexOf(fact)).find(({ name }) => name === 'InventoryAttested');
      return next?.name === 'InventoryAttested' ? (next.data.attachments ?? 'cannot see') : undefined;
    });

  it('says which hypervisor it speaks to, and that nothing is attached', () => {
    expect(heard.find(({ name }) => name === 'HostOnline')?.data).toMatchObject({ hypervisor: { driver: 'simulator', version: '1.0' } });
    expect(heard.find(({ name }) => name === 'InventoryAttested')?.data).toMatchObject({ attachments: [] });
  });

  it('accepts at once, tells what became of it, and attests it right after', async () => {
    const command = aCommand({ guestAddress: '0000:07:00.0' });
    const { commandId, vmId, deviceId, address } = command;
    expect(await send('attach', command)).toEqual({ commandId, state: 'accepted' });
    const attached = await outcome(commandId);
    expect(attached).toMatchObject({ name: 'HostdevAttached', data: { commandId, vmId, deviceId, address, guestAddress: '0000:07:00.0' } });
    expect((attached.data as { readonly elapsedMs: number }).elapsedMs).toBeGreaterThanOrEqual(0);
    expect(await attested(attached)).toEqual([{ vmId, address }]);
    const back = aCommand();
    await send('detach', back);
    const detached = await outcome(back['commandId']);
    expect(detached).toMatchObject({ name: 'HostdevDetached', data: { guestAddress: '0000:07:00.0' } });
    expect(await attested(detached)).toEqual([]);
  });

  it('does the same command once, and answers it the same', async () => {
    await simulate({ slowMs: 100, times: 1 });
    const command = aCommand();
    const { commandId } = command;
    const accepted = { commandId, state: 'accepted' };
    expect(await Promise.all([send('attach', command), send('attach', command)])).toEqual([accepted, accepted]);
    const { data } = await outcome(commandId);
    expect(outcomes(commandId)).toHaveLength(1);
    await simulate({ failCode: 'DRIVER_ERROR' });
    await send('attach', command);
    const { sequence: _, observedAt: __, ...first } = data as unknown as Record<string, unknown>;
    expect((await outcome(commandId, 2)).data).toMatchObject(first);
  });

  it('finds the device where it is now, not where the command supposes it', async () => {
    const [device] = vfs();
    const command = aCommand({ address: '0000:99:00.0' });
    await send('attach', command);
    expect(await outcome(command['commandId'])).toMatchObject({ name: 'HostdevAttached', data: { address: device?.address } });
  });

  it('says that it does not have a device', async () => {
    const command = aCommand({ deviceId: 'f'.repeat(20) });
    await send('attach', command);
    expect(await outcome(command['commandId'])).toMatchObject({ name: 'HostdevFailed', data: { code: 'DEVICE_NOT_FOUND' } });
  });

  it.each(HOSTDEV_FAILURES)('passes on why it failed: %s', async (failCode) => {
    await simulate({ failCode });
    const command = aCommand();
    await send('detach', command);
    expect(await outcome(command['commandId'])).toMatchObject({ name: 'HostdevFailed', data: { code: failCode, message: expect.any(String) } });
  });

  it('names every field that is wrong, and takes no command for another one of the same id', async () => {
    await expect(send('attach', { ...aCommand(), vmId: 'a b', deadlineSeconds: 0, extra: 1 })).rejects.toMatchObject({
      status: 400,
      details: expect.arrayContaining(['vmId', 'deadlineSeconds', 'extra'].map((field) => expect.objectContaining({ field }))),
    });
    const command = aCommand();
    await send('attach', command);
    await expect(send('detach', command)).rejects.toMatchObject({ status: 409, code: 'ALREADY_EXISTS' });
  });

  it('carries out one command of a VM after the other, and those of different VMs at the same time', async () => {
    const [first, second, third] = vfs();
    const slow = aCommand({ deviceId: first?.deviceId, deadlineSeconds: 3 });
    const behind = aCommand({ deviceId: second?.deviceId, vmId: 'vm-1' });
    const beside = aCommand({ deviceId: third?.deviceId, vmId: 'vm-2' });
    await simulate({ commandId: slow['commandId'], silent: true });
    for (const command of [slow, behind, beside]) await send('attach', command);
    await Promise.all([slow, behind, beside].map(({ commandId }) => outcome(commandId)));
    const order = heard.flatMap(({ data }) => ('commandId' in data ? [data.commandId] : []));
    expect(order).toEqual([beside, slow, behind].map(({ commandId }) => commandId));
  });

  it('tells that a guest let go of a device after its deadline, for that command', async () => {
    const attach = aCommand();
    await send('attach', attach);
    await outcome(attach['commandId']);
    await simulate({ silent: true, lateMs: 50, times: 1 });
    const command = aCommand({ deadlineSeconds: 1 });
    await send('detach', command);
    expect(await outcome(command['commandId'])).toMatchObject({ name: 'HostdevFailed', data: { code: 'TIMEOUT' } });
    const late = await outcome(command['commandId'], 2);
    expect(late).toMatchObject({ name: 'HostdevDetached' });
    expect(await attested(late)).toEqual([]);
    await send('detach', command);
    expect(await outcome(command['commandId'], 3)).toMatchObject({ name: 'HostdevDetached' });
  });

  it('tells so also when the device was ordered to be plugged meanwhile, and plugs it when that is ordered again', async () => {
    const [attach, detach] = [aCommand(), aCommand({ deadlineSeconds: 1 })];
    await send('attach', attach);
    await outcome(attach['commandId']);
    await simulate({ commandId: detach['commandId'], silent: true, lateMs: 3_000 });
    await send('detach', detach);
    expect(await outcome(detach['commandId'])).toMatchObject({ name: 'HostdevFailed', data: { code: 'TIMEOUT' } });
    const [sure, again] = [aCommand(), aCommand()];
    await send('attach', sure);
    expect(await outcome(sure['commandId'])).toMatchObject({ name: 'HostdevAttached' });
    const late = await outcome(detach['commandId'], 2);
    expect(late).toMatchObject({ name: 'HostdevDetached' });
    expect(late.data).not.toHaveProperty('superseded');
    await send('attach', again);
    expect(await outcome(again['commandId'])).toMatchObject({ name: 'HostdevAttached' });
  });

  it('in a simulation, does what it does and tells it only when asked again', async () => {
    await simulate({ loseReply: true, times: 1 });
    const command = aCommand();
    await send('attach', command);
    await until('the device to be attached', async () => (await agent.hypervisor.attachments())?.length === 1);
    const other = aCommand({ deviceId: vfs()[1]?.deviceId });
    await send('attach', other);
    await outcome(other['commandId']);
    expect(outcomes(command['commandId'])).toEqual([]);
    await send('attach', command);
    expect(await outcome(command['commandId'])).toMatchObject({ name: 'HostdevAttached' });
  });

  it('finishes after a restart what it had accepted before, and answers what it had done before', async () => {
    const done = aCommand();
    await send('attach', done);
    await outcome(done['commandId']);
    const begun = aCommand({ deviceId: vfs()[1]?.deviceId, vmId: 'vm-2' });
    await simulate({ commandId: begun['commandId'], silent: true });
    await send('attach', begun);
    await agent.stop('upgrade');
    await bus.nats.flush();
    expect(outcomes(begun['commandId'])).toEqual([]);
    await start();
    expect(await outcome(begun['commandId'])).toMatchObject({ name: 'HostdevAttached' });
    expect(outcomes(done['commandId'])).toHaveLength(1);
    await send('attach', done);
    expect(await outcome(done['commandId'], 2)).toMatchObject({ name: 'HostdevAttached' });
  });

  it('says of what it tells again that something newer was done since', async () => {
    const [first, back] = [aCommand(), aCommand()];
    await simulate({ commandId: first['commandId'], loseReply: true });
    await send('attach', first);
    await send('detach', back);
    expect((await outcome(back['commandId'])).data).not.toHaveProperty('superseded');
    await agent.stop('upgrade');
    await start();
    expect((await outcome(first['commandId'])).data).toMatchObject({ superseded: true });
  });

  it('tells with a device that is off for a move what else keeps its VM from being moved', async () => {
    await simulate({ vmId: 'vm-1', migrationBlocker: 'a shared folder is mounted' });
    await send('attach', aCommand());
    const [off, alone] = [aCommand({ migrationId: 'm-1' }), aCommand()];
    await send('detach', off);
    expect((await outcome(off['commandId'])).data).toMatchObject({ migrationBlockers: ['a shared folder is mounted'] });
    await send('detach', alone);
    expect((await outcome(alone['commandId'])).data).not.toHaveProperty('migrationBlockers');
  });

  it('accepts nothing that it cannot write down', async () => {
    mkdirSync(join(folder, `agent-${HOST}.commands.jsonl`));
    await expect(send('attach', aCommand())).rejects.toMatchObject({ status: 503, code: 'UNAVAILABLE' });
  });

  it('makes nothing go wrong that it does not understand', async () => {
    await expect(simulate({ slow: 1, times: -1, clear: 'yes' })).rejects.toMatchObject({
      status: 400,
      details: expect.arrayContaining(['slow', 'times', 'clear'].map((field) => expect.objectContaining({ field }))),
    });
    expect(await simulate({ refuse: true, vmId: 'vm-1', times: 2 })).toEqual({ faults: [{ refuse: true, vmId: 'vm-1', times: 2 }] });
    expect(await simulate({ clear: true })).toEqual({ faults: [] });
  });
});
