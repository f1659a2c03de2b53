import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { aFolder, aSysfsCapture, until, type SysfsCapture } from '@vfleet/testing';
import { readConfiguration } from './configuration/config.js';
import { NAMELESS } from './domain/testing.js';
import { liveAgent } from './live-agent.js';
import { anAgentBus, type AgentBus } from './testing/agent-bus.js';

interface Heard {
  readonly fact: string;
  readonly epoch: string;
  readonly name?: string | null;
  readonly address?: string;
  readonly customDevices?: boolean;
  readonly device?: { readonly address: string; readonly tags: object };
}

describe('the configuration of a running agent', () => {
  let bus: AgentBus;
  let capture: SysfsCapture;
  let folder: string;
  let file: string;
  let heard: Heard[];
  let said: { readonly msg: string; readonly faults?: readonly object[] }[];
  let stop: () => void;
  let ended: Promise<void>;

  beforeAll(async () => {
    bus = await anAgentBus();
    capture = aSysfsCapture('host2-iommu-vfs-vfio');
    bus.nats.subscribe('vfleet.in.host.h1.*', {
      callback: (_, message) => void heard.push({ ...message.json<Heard>(), fact: message.subject.split('.').at(-1) as string }),
    });
    await bus.nats.flush();
  });
  afterAll(async () => {
    capture.close();
    await bus.close();
  });

  const write = (more: object): void => {
    const stateFile = join(folder, 'state.json');
    writeFileSync(`${file}.new`, JSON.stringify({ hostId: 'h1', natsUrl: bus.url, sysfsRoot: capture.sysfsRoot, stateFile, ...more }));
    renameSync(`${file}.new`, file);
  };
  const facts = (name: string): readonly Heard[] => heard.filter(({ fact }) => fact === name);
  const logged = (text: string): boolean => said.some(({ msg }) => msg.includes(text));

  beforeEach(async () => {
    [heard, said] = [[], []];
    folder = aFolder('live');
    file = join(folder, 'agent.yaml');
    write({ devices: [{ address: '0000:03:10.0', name: '10GE' }] });
    const log = pino({ base: null }, { write: (line: string) => void said.push(JSON.parse(line) as (typeof said)[number]) });
    const stopped = new Promise<string>((resolve) => (stop = () => resolve('stopped')));
    writeFileSync(join(folder, 'host.yaml'), 'disable_custom_device: false\n');
    const files = { config: file, hostConf: join(folder, 'host.yaml') };
    ended = liveAgent(readConfiguration(files, {}), { files, environment: {}, names: NAMELESS, version: '1', stopped, log });
    await until('the first report to be there', () => facts('InventoryAttested').length > 0);
  });
  afterEach(async () => {
    stop();
    await ended;
  });

  it('is taken on when the file changes, without a new start', async () => {
    write({ devices: [{ address: '0000:03:10.*', name: 'fast', tags: { rack: 'b4' } }], heartbeatSeconds: 1 });
    await until('the new names to be told', () => facts('DeviceRenamed').length === 4);
    await until('the new tags to be told', () => facts('DeviceChanged').length === 4);
    expect(facts('DeviceRenamed').map(({ name, address }) => `${address} ${name}`)).toContain('0000:03:10.0 fast');
    expect(facts('DeviceChanged').map(({ device }) => device?.tags)).toEqual(Array.from({ length: 4 }, () => ({ rack: 'b4' })));
    expect(facts('HostOnline').map((one) => (one as { heartbeatSeconds?: number }).heartbeatSeconds)).toEqual([10, 1]);
    expect(new Set(heard.map(({ epoch }) => epoch)).size).toBe(1);
    await until('the heart to beat in its new rhythm', () => facts('InventoryAttested').length > 2);
  });

  it('that cannot be used is told with file and line, and the last good one stays in force', async () => {
    writeFileSync(file, 'hostId: h1\ndevices:\n  - address: "28:*"\n  - match: {pf: "ens1f0#7-3"}\n  - nam: x\n');
    await until('the faults to be told', () => logged('configuration refused'));
    expect(said.find(({ msg }) => msg.includes('refused'))?.faults).toMatchObject([
      { where: file, line: 3 },
      { where: file, line: 4 },
      { where: file, line: 5 },
      { where: file, line: 5 },
    ]);
    const probed = (await bus.nats.request('vfleet.agent.h1.probe', '{}', { timeout: 30_000 })).json();
    expect(probed).toMatchObject({ changed: 0 });
    expect(facts('DeviceRenamed')).toEqual([]);
    write({ devices: [{ address: '0000:03:10.0', name: 'again' }] });
    await until('the good one to be taken on', () => facts('DeviceRenamed').length === 1);
  });

  it('is taken on from its older files too', async () => {
    writeFileSync(join(folder, 'host.yaml'), 'disable_custom_device: true\n');
    await until('the host to take no custom models', () => facts('HostOnline').length === 2);
    expect(facts('HostOnline').map(({ customDevices }) => customDevices)).toEqual([true, false]);
  });

  it('starts the agent anew where it is built on something else', async () => {
    write({ devices: [{ address: '0000:03:10.0', name: '10GE' }], hypervisor: { driver: 'simulator' } });
    await until(
      'the agent to be back',
      () => facts('HostOnline').length === 2 && facts('InventoryAttested').at(-1)?.epoch === facts('HostOnline')[1]?.epoch,
    );
    expect(new Set(heard.map(({ epoch }) => epoch)).size).toBe(2);
    expect(facts('HostOffline')).toMatchObject([{ reason: 'another configuration' }]);
    expect(facts('InventoryAttested').at(-1)).toMatchObject({ attachments: [] });
    expect(facts('DeviceRemoved')).toEqual([]);
  });

  it('that shows no hardware at all is refused, for that never means that all of it was removed', async () => {
    write({ sysfsRoot: folder });
    await until('the refusal', () => logged('configuration refused'));
    expect((await bus.nats.request('vfleet.agent.h1.probe', '{}', { timeout: 30_000 })).json()).toMatchObject({ changed: 0 });
    expect(facts('HostOffline')).toEqual([]);
  });
});
