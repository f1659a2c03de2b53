import { join } from 'node:path';
import pg from 'pg';
import { freePort, LOOPBACK } from './free-port.js';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { initialise, openHome, POSTGRES_ROLE, withHome, type PostgresHome } from './postgres-data.js';
import { killPostmaster, leftOverPostmaster, stopPostmaster } from './postgres-left-over.js';
import { adopt, launch, untilReady, type ServerProcess } from './server-process.js';
import { serverUser } from './server-user.js';
import { ServerStartError } from './start-error.js';

export interface PostgresOptions {
  /** Where everything is kept: `data`, `password` (0600) and `server.log`; made when missing. */
  readonly dataDir: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Made when missing; what `url` names. Default `vfleet`. */
  readonly database?: string;
  /** Settings of the server (`max_connections`) over its own and ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

const SETTINGS = {
  listen_addresses: LOOPBACK,
  unix_socket_directories: '',
  max_connections: '200',
  log_checkpoints: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};
/** Recovery after a crash comes before the first connection. */
const READY_MS = 120_000;
const LEFT_OVER_READY_MS = 5_000;
const PORT_ATTEMPTS = 5;

/** A PostgreSQL server of our own: the binaries from npm, durable (fsync on), reached over loopback with a password. */
export class PostgresServer {
  private constructor(
    private readonly home: PostgresHome,
    private readonly binaries: PostgresBinaries,
    private readonly options: Required<PostgresOptions>,
    private server: ServerProcess,
    readonly port: number,
  ) {}

  /**
   * Starts the server, or takes over the one that an earlier process left running on the same data.
   * @throws ServerStartError
   */
  static async start({ dataDir, port = 0, database = 'vfleet', settings = {} }: PostgresOptions): Promise<PostgresServer> {
    const user = serverUser(join(dataDir, 'data'));
    const binaries = postgresBinaries(user);
    const home = await openHome(dataDir, user);
    initialise(home, binaries);
    const options = { dataDir, port, database, settings };
    const running = (await takeOver(home, port)) ?? (await startOnSomePort(home, binaries, options));
    const postgres = new PostgresServer(home, binaries, options, running.server, running.port);
    await createDatabase(home, postgres.port, database);
    return postgres;
  }

  /** `postgres://…`, with the password, of the database that was asked for. */
  get url(): string {
    return this.urlOf(this.options.database);
  }

  urlOf(database: string): string {
    return urlOf(this.home, this.port, database);
  }

  get pid(): number {
    return this.server.pid;
  }

  /** Settles when the server has ended, for whatever cause; a new promise after each `restart`. */
  get ended(): Promise<void> {
    return this.server.ended;
  }

  /** Fast shutdown; returns when the server is gone. */
  async stop(): Promise<void> {
    if (!this.server.hasEnded()) await stopPostmaster(this.pid);
  }

  /** What a power failure of the process would do: SIGKILL for the whole server at once. */
  async kill(): Promise<void> {
    if (!this.server.hasEnded()) await killPostmaster(this.pid);
  }

  /**
   * Starts the server again on its port and data, stopping it first if it runs.
   * @throws ServerStartError
   */
  async restart(): Promise<void> {
    await this.stop();
    leftOverPostmaster(join(this.home.folder, 'data'));
    this.server = await startOn(this.home, this.binaries, this.options, this.port);
  }
}

const urlOf = ({ password }: PostgresHome, port: number, database: string): string =>
  `postgres://${POSTGRES_ROLE}:${password}@${LOOPBACK}:${port}/${encodeURIComponent(database)}`;

const query = async (home: PostgresHome, port: number, text: string, values: unknown[] = []): Promise<number> => {
  const client = new pg.Client({ connectionString: urlOf(home, port, 'postgres'), connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text, values)).rowCount ?? 0;
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** Only the server of this very home knows the home's password, so one that answers is the right one. */
const takeOver = async (home: PostgresHome, port: number): Promise<{ server: ServerProcess; port: number } | undefined> => {
  const found = leftOverPostmaster(join(home.folder, 'data'));
  if (!found) return undefined;
  if (port === 0 || port === found.port) {
    const server = adopt(found.pid);
    const answers = untilReady('PostgreSQL', server, () => query(home, found.port, 'SELECT 1'), LEFT_OVER_READY_MS);
    if (await answers.then(() => true).catch(() => false)) return { server, port: found.port };
  }
  await stopPostmaster(found.pid);
  return undefined;
};

const startOn = async (
  home: PostgresHome,
  { postgres }: PostgresBinaries,
  { settings }: Required<PostgresOptions>,
  port: number,
): Promise<ServerProcess> => {
  const chosen = Object.entries({ ...SETTINGS, ...settings, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = withHome(home, (seen, folder) =>
    launch({
      command: postgres,
      args: ['-D', `${seen}/data`, ...chosen],
      logFile: join(home.folder, 'server.log'),
      ...(home.user && { user: home.user }),
      ...(folder !== undefined && { folder }),
    }),
  );
  try {
    await untilReady('PostgreSQL', server, () => query(home, port, 'SELECT 1'), READY_MS);
  } catch (error) {
    await stopPostmaster(server.pid);
    throw error;
  }
  return server;
};

/** Between finding a free port and using it another program may take it, so that is tried again. */
const startOnSomePort = async (home: PostgresHome, binaries: PostgresBinaries, options: Required<PostgresOptions>) => {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port || (await freePort());
    try {
      return { server: await startOn(home, binaries, options, port), port };
    } catch (error) {
      const taken = error instanceof ServerStartError && error.code === 'PORT_IN_USE';
      if (!taken || options.port !== 0 || attempt === PORT_ATTEMPTS) throw error;
    }
  }
};

const createDatabase = async (home: PostgresHome, port: number, database: string): Promise<void> => {
  if ((await query(home, port, 'SELECT 1 FROM pg_database WHERE datname = $1', [database])) > 0) return;
  await query(home, port, `CREATE DATABASE ${pg.escapeIdentifier(database)}`);
};
