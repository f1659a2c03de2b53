import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aFolder, aSysfsCapture, until, type SysfsCapture } from '@vfleet/testing';
import { anAgentBus, type AgentBus } from './testing/agent-bus.js';

const DIST = resolve(import.meta.dirname, '../dist');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** A Node process takes seconds to start on a machine that is busy with other specs. */
const PATIENCE_MS = 60_000;
const TEST_MS = 2 * PATIENCE_MS;

const children: ChildProcess[] = [];
const launch = (program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess => {
  const child = spawn(process.execPath, [join(DIST, program), ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
};

const ended = async (child: ChildProcess): Promise<Ended> => {
  let [out, error] = ['', ''];
  child.stdout?.on('data', (text: Buffer) => (out += String(text)));
  child.stderr?.on('data', (text: Buffer) => (error += String(text)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, error };
};

describe('the agent as a process', () => {
  let capture: SysfsCapture;
  let bus: AgentBus;
  let folder: string;
  const heard: string[] = [];

  beforeAll(async () => {
    capture = aSysfsCapture('host2-iommu-vfs-vfio');
    folder = aFolder('agent-process');
    bus = await anAgentBus();
    bus.nats.subscribe('vfleet.in.host.*.*', { callback: (_, { subject }) => void heard.push(subject.replace('vfleet.in.host.', '')) });
    await bus.nats.flush();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    capture.close();
    await bus.close();
  });

  const config = (hostId: string): string => {
    const path = join(folder, `${hostId}.yaml`);
    writeFileSync(path, JSON.stringify({ hostId, natsUrl: bus.url, sysfsRoot: capture.sysfsRoot, stateFile: join(folder, `${hostId}.json`) }));
    return path;
  };

  it(
    'prints what it sees and needs no bus for it',
    async () => {
      const { code, out, error } = await ended(
        launch('main.js', ['--config', config('p1'), '--print'], { VFLEET_AGENT_NATS_URL: 'nats://127.0.0.1:1' }),
      );
      expect({ code, error }).toEqual({ code: 0, error: process.getuid?.() === 0 ? '' : expect.stringContaining('not root') });
      expect(
        out
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { readonly kind: string }).kind),
      ).toEqual(Array(16).fill('pci'));
    },
    TEST_MS,
  );

  it(
    'tells its exit codes: 64 wrong usage, 78 bad configuration, 1 nothing to be scanned',
    async () => {
      const runs = [
        launch('main.js', ['--confg', 'x']),
        launch('main.js', ['--config', join(folder, 'missing.yaml')]),
        launch('main.js', ['--print'], { VFLEET_AGENT_SYSFS_ROOT: folder }),
        launch('main.js', ['--once'], { VFLEET_AGENT_SYSFS_ROOT: folder, VFLEET_AGENT_NATS_URL: bus.url }),
      ];
      expect((await Promise.all(runs.map(ended))).map(({ code }) => code)).toEqual([64, 78, 1, 1]);
    },
    TEST_MS,
  );

  it(
    'publishes once and goes, without saying that its host is offline',
    async () => {
      expect((await ended(launch('main.js', ['--config', config('p2'), '--once']))).code).toBe(0);
      await bus.nats.flush();
      const facts = heard.filter((subject) => subject.startsWith('p2.'));
      expect(facts).toEqual(['p2.HostOnline', ...Array(16).fill('p2.DeviceDiscovered'), 'p2.InventoryAttested']);
    },
    TEST_MS,
  );

  it(
    'says that its host goes offline when it is stopped',
    async () => {
      const child = launch('main.js', ['--config', config('p3')]);
      const over = ended(child);
      await until('the first attestation', () => heard.includes('p3.InventoryAttested'), PATIENCE_MS);
      child.kill('SIGTERM');
      expect((await over).code).toBe(0);
      await bus.nats.flush();
      expect(heard.at(-1)).toBe('p3.HostOffline');
    },
    TEST_MS,
  );

  it(
    'reads its configuration again when it is hung up on, and goes on',
    async () => {
      const child = launch('main.js', ['--config', config('p4')]);
      let log = '';
      child.stderr?.on('data', (text: Buffer) => (log += String(text)));
      const over = ended(child);
      await until('the first attestation', () => heard.includes('p4.InventoryAttested'), PATIENCE_MS);
      child.kill('SIGHUP');
      await until('the configuration to be taken on', () => log.includes('configuration taken on'), PATIENCE_MS);
      child.kill('SIGTERM');
      expect((await over).code).toBe(0);
    },
    TEST_MS,
  );

  it(
    'simulates a fleet that tells nothing new after a restart',
    async () => {
      const environment = { VFLEET_SIM_HOSTS: '2', VFLEET_NATS_URL: bus.url, VFLEET_SIM_STATE_DIR: folder };
      const runFleet = async (): Promise<readonly string[]> => {
        heard.length = 0;
        const child = launch('simulate.js', [], environment);
        const over = ended(child);
        await until('both attestations', () => heard.filter((subject) => subject.endsWith('.InventoryAttested')).length >= 2, PATIENCE_MS);
        child.kill('SIGTERM');
        expect((await over).code).toBe(0);
        await bus.nats.flush();
        return heard.filter((subject) => subject.startsWith('sim-02.'));
      };
      expect(await runFleet()).toContain('sim-02.DeviceDiscovered');
      expect(await runFleet()).toEqual(['sim-02.HostOnline', 'sim-02.InventoryAttested', 'sim-02.HostOffline']);
    },
    TEST_MS,
  );
});
