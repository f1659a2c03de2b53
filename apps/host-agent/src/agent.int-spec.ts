import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { pino } from 'pino';
import { VfleetClient } from '@vfleet/client';
import { inventoryDigest, parseFact, parseNatsUrl, STREAMS, type Fact } from '@vfleet/contracts';
import { aFolder, aNatsServer, until, type TestNats } from '@vfleet/testing';
import type { DeviceObservation } from '@vfleet/pci';
import type { Configuration } from './configuration/config.js';
import type { Hardware, PciFunction } from './domain/hardware.js';
import type { Labels } from './domain/labels.js';
import { address, aFunction, aPort, aScan, NAMELESS } from './domain/testing.js';
import { NothingToScan } from './nothing-to-scan.js';
import { runAgent, type RunningAgent } from './run-agent.js';
import { simulatedConfiguration } from './simulation/simulated-configuration.js';
import { stateFile } from './state-file.js';

const log = pino({ level: 'silent' });
const NIC = aFunction({ net: [aPort('52:54:00:00:00:01')] });
const PORT = aFunction({ address: '00:03.0', bridges: [], class: '060400', productId: '000c' });
const HOSTNAME = { hostname: 'node1' };

describe('an agent', () => {
  let server: TestNats;
  let client: VfleetClient;
  let bus: NatsConnection;
  let folder: string;
  let hostId: string;
  let hosts = 0;
  let heard: Fact[];
  let messageIds: (string | undefined)[];

  beforeAll(async () => {
    server = await aNatsServer();
    client = await VfleetClient.connect({ url: server.url });
    bus = await connect(parseNatsUrl(server.url));
    await (await jetstreamManager(bus)).streams.add({ name: STREAMS.IN.name, subjects: [...STREAMS.IN.subjects] });
  });
  afterAll(async () => {
    await client.close();
    await bus.close();
    await server.close();
  });

  beforeEach(() => {
    hosts += 1;
    hostId = `h${hosts}`;
    folder = aFolder('agent');
    heard = [];
    messageIds = [];
    bus.subscribe(`vfleet.in.host.${hostId}.>`, {
      callback: (_, { subject, data, headers }) => {
        heard.push(parseFact({ subject, payload: data }));
        messageIds.push(headers?.get('Nats-Msg-Id'));
      },
    });
  });

  const statePath = (): string => join(folder, 'state.json');
  const machine = (...functions: readonly PciFunction[]): Hardware => ({ scan: () => aScan(functions), describeHost: () => HOSTNAME });
  const start = async (hardware: Hardware, labels: Labels = { rules: [] }): Promise<RunningAgent> => {
    const configuration: Configuration = { ...simulatedConfiguration(1, server.url, folder), hypervisor: { driver: 'none' }, hostId, labels };
    await bus.flush();
    return runAgent({ configuration, hardware, names: NAMELESS, client, state: stateFile(statePath(), hostId), version: '1', log });
  };
  /** Starts an agent, waits for its first report, stops it; what the bus heard of it. */
  const runOnce = async (hardware: Hardware, labels?: Labels): Promise<readonly Fact[]> => {
    heard = [];
    const agent = await start(hardware, labels);
    await agent.reported;
    await agent.stop('test over');
    await bus.flush();
    return heard;
  };
  const names = (facts: readonly Fact[]): readonly string[] => facts.map(({ name }) => name);
  const discovered = (facts: readonly Fact[]): readonly DeviceObservation[] =>
    facts.flatMap(({ name, data }) => (name === 'DeviceDiscovered' ? [data.device] : []));
  const QUIET = ['HostOnline', 'InventoryAttested', 'HostOffline'];
  /** Answers once as the inventory would, with what was discovered. */
  const inventoryOf = async (devices: readonly DeviceObservation[], asked: unknown[] = []): Promise<{ readonly close: () => void }> => {
    const known = devices.map((device) => ({
      ...device,
      hostId,
      deviceType: 'NIC',
      state: 'available',
      eligible: true,
      ineligible: [],
      reservation: null,
      cordoned: false,
      firstSeenAt: '2026-01-01T00:00:00Z',
      lastSeenAt: '2026-01-01T00:00:00Z',
    }));
    const subscription = bus.subscribe('vfleet.api.devices.list', {
      callback: (_, message) => {
        const body = message.json<{ readonly cursor?: string }>();
        asked.push(body);
        const page = body.cursor === undefined ? { items: known.slice(0, 1), nextCursor: 'more' } : { items: known.slice(1), nextCursor: null };
        message.respond(JSON.stringify(page));
      },
    });
    await bus.flush();
    return { close: () => subscription.unsubscribe() };
  };

  it('tells that its host is there, its devices, and attests them', async () => {
    const inventory = await inventoryOf([]);
    const facts = await runOnce(machine(PORT, NIC));
    inventory.close();
    expect(names(facts)).toEqual(['HostOnline', 'DeviceDiscovered', 'DeviceDiscovered', 'InventoryAttested', 'HostOffline']);
    expect(facts[0]?.data).toMatchObject({ hostId, hostname: 'node1', sequence: 1, heartbeatSeconds: 10, unsafeIommuGroups: false });
    const { epoch } = (facts[0] as Fact).data as { readonly epoch: string };
    expect(messageIds).toEqual([1, 2, 3, 4, 5].map((sequence) => `${hostId}:${epoch}:${sequence}`));
    expect(facts[3]?.data).toMatchObject({ devices: 2, digest: inventoryDigest(discovered(facts)) });
    expect(facts[3]?.data).not.toHaveProperty('attachments');
  });

  describe('that starts again', () => {
    let devices: readonly DeviceObservation[];
    beforeEach(async () => {
      const inventory = await inventoryOf([]);
      devices = discovered(await runOnce(machine(PORT, NIC), { rules: [], names: new Map([['0000:01:00.0', '10GE']]) }));
      inventory.close();
    });
    const LABELS: Labels = { rules: [], names: new Map([['0000:01:00.0', '10GE']]) };

    it('tells nothing of unchanged hardware', async () => {
      expect(names(await runOnce(machine(PORT, NIC), LABELS))).toEqual(QUIET);
    });

    it('tells a new name, and nothing else', async () => {
      const facts = await runOnce(machine(PORT, NIC), { rules: [], names: new Map([['0000:01:00.0', '25GE']]) });
      expect(names(facts)).toEqual(['HostOnline', 'DeviceRenamed', 'InventoryAttested', 'HostOffline']);
      expect(facts[1]?.data).toMatchObject({ address: '0000:01:00.0', previousName: '10GE', name: '25GE' });
    });

    it('asks what is known when its state file has gone, all pages, and recognises a device whose driver hides its MAC', async () => {
      rmSync(statePath());
      const asked: unknown[] = [];
      const inventory = await inventoryOf(devices, asked);
      const facts = await runOnce(machine(PORT, { ...NIC, address: address('07:00.0'), net: [], driver: 'vfio-pci' }), {
        rules: [],
        names: new Map([['0000:07:00.0', '10GE']]),
      });
      inventory.close();
      expect(asked).toEqual([
        { filter: { hostId }, limit: 1000 },
        { filter: { hostId }, limit: 1000, cursor: 'more' },
      ]);
      expect(names(facts)).toEqual(['HostOnline', 'DeviceReaddressed', 'DeviceChanged', 'InventoryAttested', 'HostOffline']);
    });

    it('asks as well when its state file is broken, and writes a good one', async () => {
      writeFileSync(statePath(), '{"version":1,');
      const inventory = await inventoryOf(devices);
      expect(names(await runOnce(machine(PORT, NIC), LABELS))).toEqual(QUIET);
      inventory.close();
      expect(JSON.parse(readFileSync(statePath(), 'utf8'))).toMatchObject({ version: 1, hostId, devices: [{}, {}] });
    });
  });

  it('answers a probe, and tells what changed meanwhile', async () => {
    const inventory = await inventoryOf([]);
    let functions = [PORT, NIC];
    const agent = await start({ scan: () => aScan(functions), describeHost: () => HOSTNAME });
    await agent.reported;
    functions = [PORT];
    await bus.flush();
    heard = [];
    expect(await client.ask(`vfleet.agent.${hostId}.probe`)).toEqual({ devices: 1, changed: 1 });
    expect(await client.ask(`vfleet.agent.${hostId}.probe`, { full: true })).toEqual({ devices: 1, changed: 0 });
    await bus.flush();
    expect(names(heard)).toEqual(['DeviceRemoved', 'DeviceDiscovered', 'InventoryAttested']);
    await expect(client.ask(`vfleet.agent.${hostId}.probe`, { fulll: true })).rejects.toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    await agent.stop('test over');
    inventory.close();
  });

  it('takes a scan that sees nothing for a fault, and removes nothing', async () => {
    const inventory = await inventoryOf([]);
    let broken = false;
    const scan = () => {
      if (broken) throw new NothingToScan('no devices');
      return aScan([PORT, NIC]);
    };
    const agent = await start({ scan, describeHost: () => HOSTNAME });
    await agent.reported;
    broken = true;
    await bus.flush();
    heard = [];
    expect(await client.ask(`vfleet.agent.${hostId}.probe`)).toEqual({ devices: 2, changed: 0 });
    await bus.flush();
    expect(names(heard).filter((name) => name !== 'InventoryAttested')).toEqual([]);
    await agent.stop('test over');
    inventory.close();
  });

  it('writes nothing down as told before the bus has it, and tells it in order when the stream is back', async () => {
    const inventory = await inventoryOf([]);
    const manager = await jetstreamManager(bus);
    await manager.streams.delete(STREAMS.IN.name);
    heard = [];
    const agent = await start(machine(PORT, NIC));
    await until('the first fact to be tried', () => heard.length > 0);
    expect(existsSync(statePath())).toBe(false);
    await manager.streams.add({ name: STREAMS.IN.name, subjects: [...STREAMS.IN.subjects] });
    await agent.reported;
    inventory.close();
    expect(existsSync(statePath())).toBe(true);
    await agent.stop('test over');
    const { messages } = (await manager.streams.info(STREAMS.IN.name)).state;
    expect(messages).toBe(5);
    const stored = await Promise.all([1, 2, 3, 4, 5].map((seq) => manager.streams.getMessage(STREAMS.IN.name, { seq })));
    expect(stored.map((message) => message?.json<{ readonly sequence: number }>().sequence)).toEqual([1, 2, 3, 4, 5]);
  });
});
