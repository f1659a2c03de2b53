import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentSubject, parseNatsUrl, vmFactSubject, type CloudEvent, type HostList, type MigrateVm } from '@vfleet/contracts';
import { aDatabase, aDevice, aFolder, aNatsServer, aProgram, aService, aSyntheticSysfs, tellOfHost, until } from '@vfleet/testing';
import { NO_PAINT } from '../src/render/paint.js';
import { run } from '../src/run.js';
import type { Ended } from './stand-in.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const FUNCTIONS_OF_ONE_CARD = 10;

/** Every service with its servers, two hosts with real agents, one that is told of by facts, and a platform that moves VMs. */
export interface RunningSystem {
  readonly nats: NatsConnection;
  readonly url: string;
  /** Where contexts are kept. */
  readonly home: string;
  /** The built command line, its output into pipes. */
  readonly vfleet: (...words: string[]) => Promise<Ended>;
  /** The same on a pseudo terminal of util-linux's `script`; what it says on both channels comes as one. */
  readonly onTerminal: (words: readonly string[], environment?: Record<string, string>, input?: Input) => Promise<Ended>;
  /** A script of bash, in which `vfleet` is the built command line. */
  readonly inBash: (script: string) => Promise<Ended>;
  /** Within this process, which is faster. */
  readonly within: (...words: string[]) => Promise<Ended>;
  /** Plugs what a VM holds, as its platform would, and says that it runs. */
  readonly boot: (vmId: string, hostId: string, devices: readonly { readonly deviceId: string; readonly address: string }[]) => Promise<void>;
  /** Takes its devices away again, as when it is gone. */
  readonly shutDown: (vmId: string, hostId: string, devices: readonly { readonly deviceId: string; readonly address: string }[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What the user at a terminal does. */
interface Input {
  /** Once something has been shown. */
  readonly whenShown: () => Promise<unknown>;
  /** Presses Ctrl-C once this was shown. */
  readonly stopAfter: RegExp;
}

/** What an agent's user could write into a configuration to harm whoever looks at it. */
export const HOSTILE_NAME = '\u001b]0;owned\u0007\u001b[2J\u009b31m,"x"';

export const aRunningSystem = async (): Promise<RunningSystem> => {
  const [database, bus] = await Promise.all([aDatabase(), aNatsServer()]);
  const servers = { pgUrl: database.url, natsUrl: bus.url };
  const services = await Promise.all([aService('allocator', servers), aService('inventory', servers), aService('migrator', servers)]);
  const nats = await connect(parseNatsUrl(bus.url));
  const trees = ['h1', 'h2'].map((hostId) => ({ hostId, ...aSyntheticSysfs(FUNCTIONS_OF_ONE_CARD) }));
  const agents = trees.map(({ hostId, sysfsRoot }) => aProgram('host-agent', ['--config', configuration(hostId, sysfsRoot, bus.url)]));
  const platform = aPlatform(nats);
  await tellOfSilentHost(nats);
  await until('every host to have reported', async () => (await hostsOf(nats)).filter(({ counts }) => counts.free > 0).length === 3, 60_000);
  const home = aFolder('home');
  const environment = { VFLEET_NATS_URL: bus.url, XDG_CONFIG_HOME: home };
  return {
    nats,
    url: bus.url,
    home,
    vfleet: (...words) => finished([process.execPath, MAIN, ...words], environment),
    onTerminal: (words, more = {}, input) =>
      finished(
        [
          'script',
          '-qec',
          ['exec', process.execPath, MAIN, ...words].map((word, index) => (index === 0 ? word : quoted(word))).join(' '),
          '/dev/null',
        ],
        { TERM: 'xterm', ...environment, ...more },
        input,
      ),
    inBash: (script) => finished(['bash', '--norc', '-c', `vfleet() { ${quoted(process.execPath)} ${quoted(MAIN)} "$@"; }\n${script}`], environment),
    within: (...words) => within(words, environment),
    boot: async (vmId, hostId, devices) => {
      for (const device of devices) await order(nats, 'attach', vmId, hostId, device);
      await platform.tell(vmId, hostId);
    },
    shutDown: async (vmId, hostId, devices) => {
      for (const device of devices) await order(nats, 'detach', vmId, hostId, device);
    },
    close: async () => {
      await Promise.all(agents.map((agent) => agent.kill()));
      await Promise.all(services.map((service) => service.kill()));
      for (const { close } of trees) close();
      await nats.close();
      await Promise.all([bus.close(), database.close()]);
    },
  };
};

/** Has a simulated hypervisor plug a device, or unplug it. */
const order = async (
  nats: NatsConnection,
  verb: 'attach' | 'detach',
  vmId: string,
  hostId: string,
  { deviceId, address }: { readonly deviceId: string; readonly address: string },
): Promise<void> => {
  const command = { commandId: `${verb}_${vmId}_${deviceId}`, vmId, deviceId, address, deadlineSeconds: 30 };
  await nats.request(agentSubject(hostId, `hostdev.${verb}`), JSON.stringify(command), { timeout: 30_000 });
};

const configuration = (hostId: string, sysfsRoot: string, natsUrl: string): string => {
  const folder = aFolder(hostId);
  const file = join(folder, 'agent.yaml');
  const devices = [
    { match: { functionType: 'pf' }, physicalNetwork: 'physnet1' },
    { match: { functionType: 'vf' }, name: '10GE' },
  ];
  const stateFile = join(folder, 'agent.json');
  const hypervisor = { driver: 'simulator' };
  writeFileSync(file, JSON.stringify({ hostId, natsUrl, sysfsRoot, procRoot: '/nowhere', stateFile, heartbeatSeconds: 5, devices, hypervisor }));
  return file;
};

/** A host of which only facts are known: its agent cannot be reached, and its device has a name that is meant to harm. */
const tellOfSilentHost = async (nats: NatsConnection): Promise<void> => {
  await tellOfHost(nats, 'h3', 1, 'HostOnline', { hostname: 'h3', agentVersion: '0.0.9', heartbeatSeconds: 3_600 });
  await tellOfHost(nats, 'h3', 2, 'DeviceDiscovered', { device: aDevice('h3', '0000:01:00.0', { name: HOSTILE_NAME, iommuGroup: 1 }) });
};

const hostsOf = async (nats: NatsConnection): Promise<HostList['items']> =>
  (await nats.request('vfleet.api.hosts.list', '{}', { timeout: 30_000 })).json<HostList>().items;

/** Moves VMs when they may be moved. */
const aPlatform = (nats: NatsConnection) => {
  let sequence = Date.now();
  const tell = async (vmId: string, hostId: string): Promise<void> => {
    await jetstream(nats).publish(
      vmFactSubject(vmId, 'VmStateChanged'),
      JSON.stringify({ vmId, hostId, state: 'running', sequence: (sequence += 1) }),
    );
  };
  nats.subscribe('vfleet.evt.migration.*.*.VmMigrationReady', {
    callback: (_, message) => {
      const { vmId, targetHostId } = message.json<CloudEvent<MigrateVm>>().data;
      void tell(vmId, targetHostId);
    },
  });
  return { tell };
};

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

const finished = (words: readonly string[], environment: Record<string, string>, input?: Input): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const [program = '', ...rest] = words;
    const child = spawn(program, rest, { env: { PATH: process.env['PATH'], ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
    const said = { out: '', note: '' };
    let isStopped = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (said.out === '')
        input?.whenShown().catch((error: Error) => {
          child.kill();
          reject(error);
        });
      said.out += text;
      if (isStopped || !input?.stopAfter.test(said.out)) return;
      isStopped = true;
      child.stdin.write('\u0003');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.note += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...said }));
  });

const within = async (words: readonly string[], environment: Record<string, string>): Promise<Ended> => {
  const said = { out: '', note: '' };
  const code = await run(words, {
    out: (text) => void (said.out += text),
    note: (text) => void (said.note += text),
    paint: NO_PAINT,
    environment,
    stopped: new AbortController().signal,
  });
  return { code, ...said };
};
