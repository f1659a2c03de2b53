import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { findNatsServer, freePort, PostgresServer } from '@vfleet/embedded';
import { aFolder } from '@vfleet/testing';
import { compose, interpolated, OUR_IMAGE, ROOT, variablesOfCompose } from './compose.js';

const LOOPBACK = '127.0.0.1';

/** What Compose runs, as processes of this machine: their commands, variables and health checks are the file's. */
export interface Composition {
  readonly natsUrl: (user: string) => string;
  readonly pgUrl: (login: string) => string;
  /** The names of our own services, in the order in which they may start. */
  readonly services: readonly string[];
  readonly start: (service: string) => void;
  /** Runs the service's health check once. */
  readonly isHealthy: (service: string) => boolean;
  /** Ends a service as Compose does, and answers its exit code. */
  readonly stop: (service: string) => Promise<number | null>;
  /** What a service has said. */
  readonly said: (service: string) => string;
  readonly close: () => Promise<void>;
}

/** As `make-secrets.sh` writes them. */
const madeSecrets = (folder: string): Readonly<Record<string, string>> => {
  const file = join(folder, '.env');
  spawnSync('sh', [join(ROOT, 'deploy/make-secrets.sh'), file]);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string]));
};

/** As the image of PostgreSQL runs what lies in `docker-entrypoint-initdb.d`: by `PGOPTIONS`, as the administrator. */
const initialise = async (adminUrl: string, options: string): Promise<void> => {
  const client = new pg.Client({ connectionString: adminUrl, options });
  await client.connect();
  await client.query(readFileSync(join(ROOT, 'deploy/postgres/roles.sql'), 'utf8'));
  await client.end();
};

/** The file's own configuration, with another port and folder, which in a container are its own. */
const startNats = async (folder: string, port: number, environment: NodeJS.ProcessEnv): Promise<ChildProcess> => {
  const text = readFileSync(join(ROOT, 'deploy/nats/nats-server.conf'), 'utf8');
  const config = join(folder, 'nats-server.conf');
  const own = text
    .replace('"0.0.0.0"', LOOPBACK)
    .replace('port: 4222', `port: ${port}`)
    .replace('http_port: 8222\n', '')
    .replace('"/data"', `"${folder}/nats"`);
  writeFileSync(config, own);
  return spawn(await findNatsServer(), ['--config', config], { env: environment, stdio: 'ignore' });
};

const before = (name: string): readonly string[] => Object.keys(compose().services[name]?.depends_on ?? {}).flatMap((one) => [...before(one), one]);

export const aComposition = async (): Promise<Composition> => {
  const folder = aFolder('compose');
  mkdirSync(join(folder, 'data'));
  const { services } = compose();
  const secrets = madeSecrets(folder);
  const natsPort = await freePort();
  const ports = new Map<string, number>();
  for (const port of ['8080', '9401', '9402', '9403']) ports.set(port, await freePort());
  const valuesOf = (name: string): Record<string, string> =>
    Object.fromEntries(Object.entries(services[name]?.environment ?? {}).map(([key, value]) => [key, interpolated(value, secrets)]));

  const postgres = await PostgresServer.start({ dataDir: join(folder, 'postgres') });
  await initialise(postgres.url, valuesOf('postgres')['PGOPTIONS'] ?? '');
  const nats = await startNats(folder, natsPort, { ...process.env, ...valuesOf('nats') });
  const tokenFile = join(folder, 'dashboard-token');
  writeFileSync(tokenFile, secrets['VFLEET_DASHBOARD_TOKEN'] ?? '', { mode: 0o600 });

  /** Names of containers, their ports and mounts are those of this machine. */
  const here = (value: string): string =>
    value
      .replace('@nats:4222', `@${LOOPBACK}:${natsPort}`)
      .replace('@postgres:5432', `@${new URL(postgres.url).host}`)
      .replaceAll(/(?<=127\.0\.0\.1:|localhost:|^)(?:8080|940[1-3])\b/g, (port) => String(ports.get(port)))
      .replace(/^0\.0\.0\.0$/, LOOPBACK)
      .replace('/run/secrets/dashboard-token', tokenFile)
      .replace(/^\/data$/, join(folder, 'data'));
  const environmentOf = (name: string): NodeJS.ProcessEnv => {
    const own = Object.fromEntries(Object.entries(valuesOf(name)).map(([key, value]) => [key, here(value)]));
    return { PATH: process.env['PATH'], HOME: folder, NODE_ENV: 'production', ...own };
  };

  const running = new Map<string, { readonly child: ChildProcess; text: string }>();
  const start = (name: string): void => {
    // The entry point of the image, then the command; a session of its own, as a container has it.
    const args = ['--enable-source-maps', ...(services[name]?.command ?? [])];
    const child = spawn(process.execPath, args, { cwd: ROOT, env: environmentOf(name), stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const one = { child, text: '' };
    for (const channel of [child.stdout, child.stderr]) channel?.setEncoding('utf8').on('data', (more: string) => (one.text += more));
    running.set(name, one);
  };
  const isHealthy = (name: string): boolean => {
    const [, program = '', ...args] = services[name]?.healthcheck?.test ?? [];
    const check = spawnSync(
      program,
      args.map((word) => here(interpolated(word, secrets))),
      { cwd: ROOT, env: environmentOf(name), timeout: 60_000 },
    );
    return check.status === 0;
  };
  const stop = async (name: string): Promise<number | null> => {
    const child = running.get(name)?.child;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit') as Promise<[number | null]>;
    child.kill('SIGTERM');
    return (await ended)[0];
  };
  const natsUrl = (user: string): string => {
    const owner = user.startsWith('sim-') ? 'simulation' : user;
    return `nats://${user}:${secrets[`VFLEET_NATS_${owner.toUpperCase()}_PASSWORD`]}@${LOOPBACK}:${natsPort}`;
  };
  const pgUrl = (login: string): string => {
    const password = secrets[login === 'vfleet_owner' ? 'VFLEET_PG_PASSWORD' : 'VFLEET_PG_DASHBOARD_PASSWORD'];
    return `postgres://${login}:${password}@${new URL(postgres.url).host}/vfleet`;
  };
  const ours = Object.keys(services).filter((name) => services[name]?.image === OUR_IMAGE);
  const inOrder = [...new Set(ours.flatMap((name) => [...before(name), name]))].filter((name) => ours.includes(name));
  const close = async (): Promise<void> => {
    for (const name of [...inOrder].reverse()) await stop(name);
    nats.kill('SIGTERM');
    await postgres.stop();
  };
  return { natsUrl, pgUrl, services: inOrder, start, isHealthy, stop, said: (name) => running.get(name)?.text ?? '', close };
};

/** Whether every variable that the file asks for was made. */
export const unmade = (folder: string): readonly string[] => variablesOfCompose().filter((name) => !(name in madeSecrets(folder)));
