import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { parseNatsUrl, type HostList } from '@vfleet/contracts';
import { findNatsServer, freePort, isAlive, parentOf } from '@vfleet/embedded';
import { aFolder, until } from '@vfleet/testing';
import type { Endpoints } from './data-directory.js';

const PROGRAM = join(import.meta.dirname, '../dist/main.js');
const START_MS = 120_000;

interface Supervisor {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly said: () => string;
}

const started: Supervisor[] = [];

const start = (dataDir: string, environment: Record<string, string> = {}): Supervisor => {
  const settings = {
    VFLEET_DATA_DIR: dataDir,
    VFLEET_HTTP_PORT: '0',
    VFLEET_NATS_PORT: '0',
    VFLEET_SIM_HOSTS: '0',
    VFLEET_NATS_URL: '',
    VFLEET_PG_URL: '',
  };
  const child = spawn(process.execPath, [PROGRAM], {
    env: { ...process.env, NODE_OPTIONS: '', ...settings, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (written += text));
  const supervisor = { process: child, ended: once(child, 'close').then(([code]) => code as number | null), said: () => written };
  started.push(supervisor);
  return supervisor;
};

const ready = async (dataDir: string, supervisor: Supervisor): Promise<Endpoints> => {
  await until(
    () => `the ready line of ${supervisor.process.pid}; it said ${supervisor.said()}`,
    () => /: ready, the dashboard is at http:/.test(supervisor.said()),
    START_MS,
  );
  return JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8')) as Endpoints;
};

/** Every process of the system that was told of the data directory, or works in it. */
const processesOn = (dataDir: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isAlive(Number(name)))
    .filter((pid) => {
      try {
        const told = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8'));
        return [...told, readlinkSync(`/proc/${pid}/cwd`)].some((text) => text.includes(dataDir));
      } catch {
        return false;
      }
    });

/** How the command line of each process begins, or what stands in it. */
const COMMANDS: Readonly<Record<string, RegExp>> = {
  postgresql: /bin\/postgres\0-D|postgres\0-D/,
  'nats-server': /nats-server\0/,
  allocator: /apps\/allocator\/dist\/main/,
  inventory: /apps\/inventory\/dist\/main/,
  migrator: /apps\/migrator\/dist\/main/,
  dashboard: /apps\/dashboard\/dist\/main/,
};
const NAMES = Object.keys(COMMANDS);

/** Empty where it has ended meanwhile. */
const commandOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
};

/** The process of a name on a data directory; undefined where it does not run. */
const pidOf = (dataDir: string, name: string): number | undefined => {
  const found = processesOn(dataDir).filter((pid) => COMMANDS[name]?.test(commandOf(pid)));
  // A process that has just been forked is called as its parent.
  const first = found.find((pid) => !found.includes(String(parentOf(Number(pid)))));
  return first === undefined ? undefined : Number(first);
};

/** What the dashboard answers to a request of the contract. */
const ask = async ({ httpUrl }: Endpoints, name: string, headers: Record<string, string> = {}): Promise<{ status: number; body: unknown }> => {
  const answer = await fetch(new URL(`api/${name}`, httpUrl), { method: 'POST', headers });
  return { status: answer.status, body: await answer.json() };
};

afterAll(async () => {
  for (const { process: child, ended } of started) {
    child.kill('SIGTERM');
    await ended;
  }
}, START_MS);

describe('a supervisor on an empty data directory', () => {
  const dataDir = join(aFolder('supervised'), 'data');
  let supervisor: Supervisor;
  let endpoints: Endpoints;

  beforeAll(async () => {
    supervisor = start(dataDir);
    endpoints = await ready(dataDir, supervisor);
  }, START_MS);

  it('tells where everything is, to its owner alone', () => {
    expect(endpoints).toEqual({
      natsUrl: expect.stringMatching(/^nats:\/\/operator:[\w-]+@127\.0\.0\.1:\d+$/),
      pgUrl: expect.stringMatching(/^postgres:\/\/vfleet:[\w-]+@127\.0\.0\.1:\d+\/vfleet$/),
      httpUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/),
      pid: supervisor.process.pid,
    });
    expect(statSync(join(dataDir, 'endpoints.json')).mode & 0o777).toBe(0o600);
  });

  it('serves the dashboard, which everybody here may read, and only who has the token may use to act', async () => {
    expect(await ask(endpoints, 'system.status')).toMatchObject({ status: 200, body: { healthy: true } });
    expect((await ask(endpoints, 'hosts.probe')).status).toBe(401);
    const file = join(dataDir, 'dashboard-token');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await ask(endpoints, 'hosts.probe', { authorization: `Bearer ${readFileSync(file, 'utf8')}` })).status).toBe(200);
  });

  it('refuses a second one on the same data directory, which changes nothing', async () => {
    const second = start(dataDir);
    expect(await second.ended).toBe(1);
    expect(second.said()).toContain(`runs already on ${dataDir} (pid ${supervisor.process.pid})`);
    expect(existsSync(join(dataDir, 'endpoints.json'))).toBe(true);
  });

  it.each(['inventory', 'dashboard', 'nats-server', 'postgresql'])(
    'starts %s again when it is killed',
    async (name) => {
      const killed = pidOf(dataDir, name) as number;
      process.kill(killed, 'SIGKILL');
      await until(`another ${name}`, () => (pidOf(dataDir, name) ?? killed) !== killed, START_MS);
      // The services may have ended with their server; then they are up again as well.
      await until('good health', async () => (await fetch(new URL('health/ready', endpoints.httpUrl))).status === 200, START_MS);
      const isHealthy = async (): Promise<boolean> => ((await ask(endpoints, 'system.status')).body as { healthy?: boolean }).healthy === true;
      await until('healthy services', isHealthy, START_MS);
    },
    START_MS,
  );

  it(
    'may be killed, and the next one starts on what it left',
    async () => {
      supervisor.process.kill('SIGKILL');
      await supervisor.ended;
      supervisor = start(dataDir);
      const again = await ready(dataDir, supervisor);
      expect(again.pid).toBe(supervisor.process.pid);
      expect(new URL(again.pgUrl).password).toBe(new URL(endpoints.pgUrl).password);
      endpoints = again;
    },
    START_MS,
  );

  it(
    'stops everything that it started on SIGTERM',
    async () => {
      const pids = NAMES.map((name) => pidOf(dataDir, name) as number);
      expect(pids.every(isAlive)).toBe(true);
      supervisor.process.kill('SIGTERM');
      expect(await supervisor.ended).toBe(0);
      expect(pids.filter(isAlive)).toEqual([]);
      expect(processesOn(dataDir)).toEqual([]);
      expect(existsSync(join(dataDir, 'endpoints.json'))).toBe(false);
    },
    START_MS,
  );
});

describe('a supervisor with a simulated fleet', () => {
  it(
    'is ready when every host of it can be asked for its devices',
    async () => {
      const dataDir = join(aFolder('simulated'), 'data');
      const { natsUrl } = await ready(dataDir, start(dataDir, { VFLEET_SIM_HOSTS: '3' }));
      const nats = await connect(parseNatsUrl(natsUrl));
      const ask = async <T>(subject: string, body: object): Promise<T> =>
        (await nats.request(`vfleet.api.${subject}`, JSON.stringify(body), { timeout: 30_000 })).json();
      const { items } = await ask<HostList>('hosts.list', {});
      expect(items.map(({ hostId, state }) => `${hostId} ${state}`)).toEqual(['sim-01 online', 'sim-02 online', 'sim-03 online']);
      expect(new Set(items.map(({ counts }) => counts.total)).size).toBe(1);
      const wish = { vmId: 'vm-1', state: 'starting', hostId: 'sim-03', devices: [{ device: '10GE', count: 8 }] };
      expect(await ask('vms.report', wish)).toMatchObject({ outcome: 'reserved' });
      await nats.close();
      // Services and hosts have users of their own, who may do what they need and no more.
      expect(statSync(join(dataDir, 'bus-secret')).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(dataDir, 'nats/server.log'), 'utf8')).not.toMatch(/violation/i);
    },
    START_MS,
  );
});

describe('a supervisor that cannot start', () => {
  const refused = async (environment: Record<string, string>): Promise<{ readonly code: number | null; readonly said: string }> => {
    const supervisor = start(join(aFolder('refused'), 'data'), environment);
    return { code: await supervisor.ended, said: supervisor.said() };
  };

  it('names every wrong setting at once', async () => {
    const { code, said } = await refused({ VFLEET_HTTP_PORT: '99999', VFLEET_NATS_PORT: 'x' });
    expect(code).toBe(78);
    expect(said).toMatch(/VFLEET_HTTP_PORT.*\n.*VFLEET_NATS_PORT/);
  });

  it(
    'says which variable chooses another port when one is in use',
    async () => {
      const { createServer } = await import('node:http');
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as { port: number };
      const [http, nats] = await Promise.all([refused({ VFLEET_HTTP_PORT: String(port) }), refused({ VFLEET_NATS_PORT: String(port) })]);
      expect(http).toMatchObject({ code: 1, said: expect.stringContaining('set VFLEET_HTTP_PORT') });
      expect(nats).toMatchObject({ code: 1, said: expect.stringContaining('set VFLEET_NATS_PORT') });
      other.closeAllConnections();
      other.close();
    },
    START_MS,
  );

  it(
    'says which server of the settings does not answer, and not with which password it was asked',
    async () => {
      const nobody = `127.0.0.1:${await freePort()}`;
      const [postgres, nats] = await Promise.all([
        refused({ VFLEET_PG_URL: `postgres://me:secret@${nobody}/vfleet` }),
        refused({ VFLEET_NATS_URL: `nats://me:secret@${nobody}` }),
      ]);
      expect(postgres).toMatchObject({ code: 1, said: expect.stringContaining(`PostgreSQL at ${nobody} cannot be used`) });
      expect(nats).toMatchObject({ code: 1, said: expect.stringContaining(`NATS at ${nobody} cannot be used`) });
      expect(postgres.said + nats.said).not.toContain('secret');
    },
    START_MS,
  );

  it(
    'says that the NATS server of the settings has no JetStream',
    async () => {
      const port = await freePort();
      const plain = spawn(await findNatsServer(), ['--addr', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
      const { code, said } = await refused({ VFLEET_NATS_URL: `nats://127.0.0.1:${port}` });
      plain.kill();
      expect(code).toBe(1);
      expect(said).toContain('has JetStream switched off');
    },
    START_MS,
  );

  it('says that its data directory is none', async () => {
    const { code, said } = await refused({ VFLEET_DATA_DIR: '/dev/null/data' });
    expect(code).toBe(1);
    expect(said).toContain('/dev/null/data');
  });
});
