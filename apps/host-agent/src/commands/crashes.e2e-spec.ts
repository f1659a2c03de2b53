import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseFact, type Fact } from '@vfleet/contracts';
import { aFolder, aSysfsCapture, until, type SysfsCapture } from '@vfleet/testing';
import { anAgentBus, type AgentBus } from '../testing/agent-bus.js';

const MAIN = resolve(import.meta.dirname, '../../dist/main.js');
/** A Node process takes seconds to start on a machine that is busy with other specs. */
const PATIENCE_MS = 60_000;
const TEST_MS = 4 * PATIENCE_MS;
/** Enough for an agent to begin with an order, and soon over. */
const SHORT_S = 3;

type Verb = 'attach' | 'detach';
const VERBS: readonly Verb[] = ['attach', 'detach'];
const FACT = { attach: 'HostdevAttached', detach: 'HostdevDetached' } as const;

describe('an agent that is killed', () => {
  let capture: SysfsCapture;
  let bus: AgentBus;
  let folder: string;
  const heard: Fact[] = [];
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    capture = aSysfsCapture('host2-iommu-vfs-vfio');
    folder = aFolder('crashes');
    bus = await anAgentBus();
    bus.nats.subscribe('vfleet.in.host.>', { callback: (_, { subject, data }) => void heard.push(parseFact({ subject, payload: data })) });
    await bus.nats.flush();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    capture.close();
    await bus.close();
  });

  interface Running {
    readonly child: ChildProcess;
    readonly died: Promise<unknown>;
    /** A device that can be ordered about. */
    readonly device: { readonly deviceId: string; readonly address: string };
  }
  const start = async (hostId: string): Promise<Running> => {
    const path = join(folder, `${hostId}.yaml`);
    const stateFile = join(folder, `${hostId}.json`);
    const { sysfsRoot } = capture;
    writeFileSync(
      path,
      JSON.stringify({ hostId, natsUrl: bus.url, sysfsRoot, stateFile, heartbeatSeconds: 3_600, hypervisor: { driver: 'simulator' } }),
    );
    const before = heard.length;
    const child = spawn(process.execPath, [MAIN, '--config', path], { env: { PATH: process.env['PATH'] }, stdio: 'ignore' });
    children.push(child);
    const died = once(child, 'exit');
    await until(
      'the agent to attest',
      () => heard.slice(before).some((fact) => fact.name === 'InventoryAttested' && fact.data.hostId === hostId),
      PATIENCE_MS,
    );
    const [device] = heard.flatMap((fact) => (fact.name === 'DeviceDiscovered' && fact.data.hostId === hostId ? [fact.data.device] : []));
    return { child, died, device: device as Running['device'] };
  };
  const send = (hostId: string, verb: Verb, command: object): Promise<unknown> => bus.client.ask(`vfleet.agent.${hostId}.hostdev.${verb}`, command);
  /** The agent may die before its answer has left. */
  const sendUnheard = (hostId: string, verb: Verb, command: object): void => void send(hostId, verb, command).catch(() => {});
  const outcomes = (commandId: string): readonly Fact[] => heard.filter(({ data }) => 'commandId' in data && data.commandId === commandId);
  const outcome = (commandId: string, nth = 1): Promise<Fact> =>
    until(`outcome ${nth} of ${commandId}`, () => outcomes(commandId)[nth - 1], PATIENCE_MS);
  const lastAttested = (hostId: string): readonly unknown[] | undefined => {
    const last = heard.filter((fact) => fact.name === 'InventoryAttested' && fact.data.hostId === hostId).at(-1);
    return last?.name === 'InventoryAttested' ? last.data.attachments : undefined;
  };
  /** What the hypervisor has, and nothing else, in the end. */
  const expectAttached = async (hostId: string, verb: Verb, { device }: Running): Promise<void> => {
    const attachments = verb === 'attach' ? [{ vmId: 'vm-1', address: device.address }] : [];
    await until('the attestation of it', () => JSON.stringify(lastAttested(hostId)) === JSON.stringify(attachments), PATIENCE_MS);
    expect(lastAttested(hostId)).toEqual(attachments);
  };
  const aCommand = (commandId: string, { device }: Running, deadlineSeconds = 600): Record<string, unknown> => ({
    commandId,
    vmId: 'vm-1',
    deviceId: device.deviceId,
    address: device.address,
    deadlineSeconds,
  });

  it.each(VERBS)(
    'before it has written an order to %s down has not accepted it, and carries it out when it is sent again',
    async (verb) => {
      const hostId = `before-journal-${verb}`;
      const first = await start(hostId);
      const command = aCommand(hostId, first);
      first.child.kill('SIGSTOP');
      await expect(send(hostId, verb, command)).rejects.toMatchObject({ status: 503 });
      first.child.kill('SIGKILL');
      await first.died;
      const second = await start(hostId);
      expect(outcomes(hostId)).toEqual([]);
      expect(await send(hostId, verb, command)).toEqual({ commandId: hostId, state: 'accepted' });
      expect((await outcome(hostId)).name).toBe(FACT[verb]);
      await expectAttached(hostId, verb, second);
    },
    TEST_MS,
  );

  it.each(VERBS.flatMap((verb) => (['before', 'after'] as const).map((crash) => [crash, verb] as const)))(
    '%s it has carried out an order to %s, tells after its restart what became of it',
    async (crash, verb) => {
      const hostId = `${crash}-act-${verb}`;
      const first = await start(hostId);
      await bus.client.ask(`vfleet.agent.${hostId}.simulate`, { crash });
      sendUnheard(hostId, verb, aCommand(hostId, first));
      expect(await first.died).toEqual([null, 'SIGKILL']);
      expect(outcomes(hostId)).toEqual([]);
      const second = await start(hostId);
      expect((await outcome(hostId)).name).toBe(FACT[verb]);
      await expectAttached(hostId, verb, second);
      expect(outcomes(hostId)).toHaveLength(1);
    },
    TEST_MS,
  );

  it.each(VERBS)(
    'after it has told what became of an order to %s, answers the same when it is asked again',
    async (verb) => {
      const hostId = `after-report-${verb}`;
      const first = await start(hostId);
      const command = aCommand(hostId, first);
      await send(hostId, verb, command);
      const { data } = await outcome(hostId);
      first.child.kill('SIGKILL');
      await first.died;
      const second = await start(hostId);
      await send(hostId, verb, command);
      const repeated = await until(
        'the same outcome again',
        () => outcomes(hostId).find((fact) => fact.data !== data && 'epoch' in fact.data),
        PATIENCE_MS,
      );
      const { commandId, vmId, deviceId, address, guestAddress } = data as unknown as Record<string, unknown>;
      expect(repeated).toMatchObject({ name: FACT[verb], data: { commandId, vmId, deviceId, address, guestAddress } });
      await expectAttached(hostId, verb, second);
    },
    TEST_MS,
  );

  it(
    'and comes back when the time of an order is over, only looks: what was not done is not done any more',
    async () => {
      const hostId = 'too-late';
      const first = await start(hostId);
      await bus.client.ask(`vfleet.agent.${hostId}.simulate`, { crash: 'before' });
      sendUnheard(hostId, 'attach', aCommand(hostId, first, SHORT_S));
      await first.died;
      const diedAt = Date.now();
      await until('the deadline', () => Date.now() > diedAt + 1_000 * SHORT_S);
      const second = await start(hostId);
      expect(await outcome(hostId)).toMatchObject({ name: 'HostdevFailed', data: { code: 'TIMEOUT' } });
      await expectAttached(hostId, 'detach', second);
    },
    TEST_MS,
  );

  it(
    'and comes back when the time of an order is over, says so if it was done in time',
    async () => {
      const hostId = 'in-time';
      const first = await start(hostId);
      await bus.client.ask(`vfleet.agent.${hostId}.simulate`, { crash: 'after' });
      sendUnheard(hostId, 'attach', aCommand(hostId, first, SHORT_S));
      await first.died;
      const diedAt = Date.now();
      await until('the deadline', () => Date.now() > diedAt + 1_000 * SHORT_S);
      const second = await start(hostId);
      expect((await outcome(hostId)).name).toBe('HostdevAttached');
      await expectAttached(hostId, 'attach', second);
    },
    TEST_MS,
  );
});
