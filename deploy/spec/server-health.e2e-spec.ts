import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNatsServer, freePort, PostgresServer } from '@vfleet/embedded';
import { aFolder, until } from '@vfleet/testing';
import { compose, ROOT } from './compose.js';

const START_MS = 120_000;
const LOOPBACK = '127.0.0.1';

const commandOf = (service: string): readonly string[] => compose().services[service]?.healthcheck?.test.slice(1) ?? [];

/** A command by the program that this machine has, and by the one that stands in for it elsewhere: both say the same. */
const isHealthy = ([program = '', ...args]: readonly string[], environment: NodeJS.ProcessEnv = {}): boolean => {
  const env = { ...process.env, ...environment };
  const played = spawnSync(process.execPath, [join(ROOT, `deploy/spec/stand-in-${program}.mjs`), ...args], { env });
  const real = spawnSync(program, args, { env });
  if (real.error === undefined) expect(played.status === 0).toBe(real.status === 0);
  return played.status === 0;
};

describe('the health of PostgreSQL, as docker-compose.yml asks for it', () => {
  it(
    'is good while it takes connections, and not after its end',
    async () => {
      const server = await PostgresServer.start({ dataDir: join(aFolder('health'), 'postgres') });
      const environment = { PGPORT: new URL(server.url).port };
      const whileUp = isHealthy(commandOf('postgres'), environment);
      await server.stop();
      expect([whileUp, isHealthy(commandOf('postgres'), environment)]).toEqual([true, false]);
    },
    START_MS,
  );
});

describe('the health of NATS, as docker-compose.yml asks for it', () => {
  let port: number;
  let nats: ChildProcess;
  let command: readonly string[];

  beforeAll(async () => {
    const folder = aFolder('health');
    port = await freePort();
    const monitoring = await freePort();
    const passwords = Object.fromEntries(Object.keys(compose().services['nats']?.environment ?? {}).map((name) => [name, 'made-for-this']));
    const text = readFileSync(join(ROOT, 'deploy/nats/nats-server.conf'), 'utf8');
    const own = text
      .replace('"0.0.0.0"', LOOPBACK)
      .replace('port: 4222', `port: ${port}`)
      .replace('http_port: 8222', `http: "${LOOPBACK}:${monitoring}"`);
    writeFileSync(join(folder, 'nats.conf'), own.replace('"/data"', `"${folder}/nats"`));
    nats = spawn(await findNatsServer(), ['--config', join(folder, 'nats.conf')], { env: { ...process.env, ...passwords }, stdio: 'ignore' });
    command = commandOf('nats').map((word) => word.replace(':8222/', `:${monitoring}/`));
  }, START_MS);
  afterAll(() => void nats.kill());

  it('asks the port that the configuration opens', () => {
    expect(commandOf('nats').at(-1)).toMatch(/^http:\/\/127\.0\.0\.1:8222\/healthz\b/);
    expect(command).not.toEqual(commandOf('nats'));
  });

  it('is good once it is up, and not after its end', async () => {
    await until('the server to be healthy', () => isHealthy(command));
    const ended = once(nats, 'exit');
    nats.kill();
    await ended;
    expect(isHealthy(command)).toBe(false);
  });
});
