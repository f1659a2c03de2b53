import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { natsConfiguration, type NatsUser } from '@vfleet/contracts/nats-configuration';
import { freePort, LOOPBACK } from './free-port.js';
import { findNatsServer } from './nats-binary.js';
import { clusterOf, type NatsMember } from './nats-member.js';
import { commandLine, isAlive, signal, waitForEnd } from './processes.js';
import { keptSecret } from './secret.js';
import { launch, untilReady, type ServerProcess } from './server-process.js';
import { explainStart, ServerStartError } from './start-error.js';

export interface NatsOptions {
  /** Where everything is kept: `jetstream`, `nats-server.conf` and `password` (both 0600), `server.log`; made when missing. */
  readonly storeDir: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** What the operator may do; everything where it is not said. */
  readonly operator?: NatsUser['permissions'];
  /** Users beside the operator. */
  readonly users?: readonly NatsUser[];
  /** Its place in a cluster; without one it is alone. */
  readonly member?: NatsMember;
  /** The program; by default `findNatsServer` looks for it. */
  readonly binary?: string;
}

/** JetStream reads its whole store before the first connection. */
const READY_MS = 60_000;
const CONNECT_MS = 2_000;
const STOP_MS = 15_000;
const PORT_ATTEMPTS = 5;
/** The user whose address the server tells. */
const OPERATOR = 'operator';

/** A nats-server of our own with JetStream, on loopback, with a password. */
export class NatsServer {
  private constructor(
    private readonly home: NatsHome,
    private server: ServerProcess,
    readonly port: number,
  ) {}

  /**
   * Starts the server. One that an earlier process left running on the same store is stopped first.
   * @throws ServerStartError
   */
  static async start({ storeDir, port = 0, operator, users = [], member, binary }: NatsOptions): Promise<NatsServer> {
    const home = await openHome({ folder: resolve(storeDir), operator, users, member, binary: binary ?? (await findNatsServer()) });
    await stopLeftOverNats(home.folder);
    for (let attempt = 1; ; attempt += 1) {
      const chosen = port || (await freePort());
      try {
        return new NatsServer(home, await startOn(home, chosen), chosen);
      } catch (error) {
        const taken = error instanceof ServerStartError && error.code === 'PORT_IN_USE';
        if (!taken || port !== 0 || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  /** `nats://operator:…@127.0.0.1:port`. */
  get url(): string {
    return `nats://${OPERATOR}:${this.home.password}@${LOOPBACK}:${this.port}`;
  }

  /** The address with another of the users in it. @throws Error for a user whom the server does not know */
  urlFor(name: string): string {
    const password = this.home.users.find(({ user }) => user === name)?.password;
    if (typeof password !== 'string') throw new Error(`the NATS server was given no user ${name}`);
    return `nats://${encodeURIComponent(name)}:${encodeURIComponent(password)}@${LOOPBACK}:${this.port}`;
  }

  get pid(): number {
    return this.server.pid;
  }

  /** Absolute path of the folder that everything is kept in. */
  get storeDir(): string {
    return this.home.folder;
  }

  /** Settles when the server has ended, for whatever cause; a new promise after each `restart`. */
  get ended(): Promise<void> {
    return this.server.ended;
  }

  /** Returns when the server has written what it holds and is gone. */
  async stop(): Promise<void> {
    if (!this.server.hasEnded()) await stopServer(this.pid);
  }

  /** SIGKILL; returns when the server is gone. */
  async kill(): Promise<void> {
    if (this.server.hasEnded()) return;
    signal(this.pid, 'SIGKILL');
    await waitForEnd(this.pid, STOP_MS);
  }

  /**
   * Starts the server again on its port and store, stopping it first if it runs.
   * @throws ServerStartError
   */
  async restart(): Promise<void> {
    await this.stop();
    this.server = await startOn(this.home, this.port);
  }
}

interface NatsHome {
  readonly folder: string;
  readonly password: string;
  readonly operator: NatsUser['permissions'] | undefined;
  readonly users: readonly NatsUser[];
  readonly member: NatsMember | undefined;
  readonly binary: string;
}

const pidFileIn = (folder: string): string => join(folder, 'nats-server.pid');
const configIn = (folder: string): string => join(folder, 'nats-server.conf');

const openHome = async (given: Omit<NatsHome, 'password'>): Promise<NatsHome> => {
  const { folder, member } = given;
  try {
    makeFolder(folder);
    return { ...given, password: member?.password ?? (await keptSecret(join(folder, 'password'))) };
  } catch (error) {
    throw explainStart('nats-server', String(error), error);
  }
};

/** Also before a later start: a store that was never synced does not outlast a loss of power, nor does its folder. */
const makeFolder = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
};

const stopServer = async (pid: number): Promise<void> => {
  signal(pid, 'SIGTERM');
  if (await waitForEnd(pid, STOP_MS)) return;
  signal(pid, 'SIGKILL');
  await waitForEnd(pid, STOP_MS);
};

/** Stops the server that runs with the configuration in the given folder; a pid that is another program's by now is left alone. */
export const stopLeftOverNats = async (folder: string): Promise<void> => {
  const file = pidFileIn(folder);
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8'));
  if (isAlive(pid) && commandLine(pid).includes(configIn(folder))) await stopServer(pid);
  rmSync(file, { force: true });
};

const startOn = async (home: NatsHome, port: number): Promise<ServerProcess> => {
  const { folder, password, member, binary } = home;
  const name = member?.name ?? `vfleet-${randomUUID()}`;
  makeFolder(folder);
  writeFileSync(configIn(folder), configurationOf(home, name, port), { mode: 0o600 });
  const server = launch({ command: binary, args: ['--config', configIn(folder)], logFile: join(folder, 'server.log') });
  try {
    await untilReady('nats-server', server, () => answers(name, port, password), READY_MS);
  } catch (error) {
    if (!server.hasEnded()) await stopServer(server.pid);
    throw error;
  }
  return server;
};

const configurationOf = ({ folder, password, operator, users, member }: NatsHome, serverName: string, port: number): string =>
  natsConfiguration({
    heading: 'Written at each start.',
    serverName,
    host: LOOPBACK,
    port,
    storeDir: folder,
    pidFile: pidFileIn(folder),
    users: [{ user: OPERATOR, password, ...(operator && { permissions: operator }) }, ...users],
  }) + (member ? clusterOf(member) : '');

/** The name tells our server from another one that has taken the port and answers there. */
const answers = async (name: string, port: number, pass: string): Promise<void> => {
  const connection = await connect({ servers: `${LOOPBACK}:${port}`, user: OPERATOR, pass, reconnect: false, timeout: CONNECT_MS });
  const { jetstream, server_name: serverName } = connection.info ?? {};
  await connection.close();
  if (serverName !== name) throw new Error(`another server answers on port ${port}: address already in use`);
  if (jetstream !== true) throw new Error('JetStream is not up');
};
