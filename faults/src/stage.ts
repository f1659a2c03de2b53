import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl } from '@vfleet/contracts';
import { NatsServer, PostgresServer } from '@vfleet/embedded';
import { aFolder, aProgram, until, type RunningProgram } from '@vfleet/testing';
import pg from 'pg';

export type App = 'allocator' | 'inventory' | 'migrator' | 'dashboard' | 'host-agent';

/** Where servers keep their data, and with what settings. */
export interface Places {
  readonly natsFolder?: string;
  readonly postgresFolder?: string;
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** Called after the servers are gone. */
  readonly close?: () => Promise<void> | void;
}

/** A service that is started again whenever it ends, as a supervisor does. */
export interface KeptService {
  /** The process of the moment. */
  readonly program: () => RunningProgram;
  /** SIGKILL; it comes back by itself. */
  readonly kill: () => Promise<void>;
  /** Ends it for good. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

const READY_MS = 120_000;
const RESTART_MS = 200;
/** Where nobody is there the server says so at once. */
const ANSWER_MS = 2_000;

/** Real servers and service processes of one run of one row, gone after it. */
export class Stage {
  private readonly programs: RunningProgram[] = [];
  private readonly closing: (() => Promise<unknown> | void)[] = [];
  private closed = false;
  private ending: Promise<void> | undefined;

  private constructor(
    readonly folder: string,
    readonly postgres: PostgresServer,
    readonly bus: NatsServer,
    readonly nats: NatsConnection,
    readonly database: pg.Pool,
    /** Tells of progress, on standard error. */
    readonly say: (message: string) => void,
  ) {}

  static async open(
    name: string,
    say: (message: string) => void,
    placesOf: (folder: string) => Promise<Places> | Places = () => ({}),
  ): Promise<Stage> {
    const folder = aFolder(name);
    const places = await placesOf(folder);
    // Folders of their own directly below that of the run: there the keeper finds servers that were left running.
    const { natsFolder = aFolder('nats'), postgresFolder = aFolder('postgres'), postgresSettings = {} } = places;
    const started = await Promise.allSettled([
      PostgresServer.start({ dataDir: postgresFolder, settings: postgresSettings }),
      NatsServer.start({ storeDir: natsFolder }),
    ] as const);
    const [postgres, bus] = started;
    if (postgres.status === 'rejected' || bus.status === 'rejected') {
      for (const one of started) if (one.status === 'fulfilled') await one.value.stop();
      await places.close?.();
      throw postgres.status === 'rejected' ? postgres.reason : (bus as PromiseRejectedResult).reason;
    }
    const nats = await connect({ ...parseNatsUrl(bus.value.url), maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    const database = new pg.Pool({ connectionString: postgres.value.url, max: 4 });
    database.on('error', () => undefined);
    const stage = new Stage(folder, postgres.value, bus.value, nats, database, say);
    if (places.close) stage.onClose(places.close);
    return stage;
  }

  /** Called when the stage closes, after the servers are gone; the last one first. */
  onClose(work: () => Promise<unknown> | void): void {
    this.closing.push(work);
  }

  /** Starts a service once, of this build unless another's root is given; it need not be ready yet. */
  start(app: App, environment: NodeJS.ProcessEnv = {}, args: readonly string[] = [], root?: string): RunningProgram {
    const servers = { VFLEET_PG_URL: this.postgres.url, VFLEET_NATS_URL: this.bus.url, VFLEET_LOG_LEVEL: 'warn' };
    const program = aProgram(app, args, { ...servers, ...environment }, 'main', root);
    this.programs.push(program);
    return program;
  }

  /** Keeps a service running, and resolves when it answers on the bus. */
  async keepRunning(app: App, environment: NodeJS.ProcessEnv = {}, root?: string): Promise<KeptService> {
    const service = this.keep(app, environment, root);
    await this.answers(app);
    return service;
  }

  /** Keeps a service running that need not be ready yet. */
  keep(app: App, environment: NodeJS.ProcessEnv = {}, root?: string): KeptService {
    let program: RunningProgram;
    let stopped = false;
    const begin = (): void => {
      program = this.start(app, environment, [], root);
      void program.ended.then(() => stopped || this.closed || setTimeout(() => stopped || this.closed || begin(), RESTART_MS));
    };
    begin();
    return {
      program: () => program,
      kill: () => program.kill('SIGKILL'),
      stop: (signal = 'SIGKILL') => {
        stopped = true;
        return program.kill(signal);
      },
    };
  }

  /** Resolves when a service answers on the bus. */
  async answers(app: App): Promise<void> {
    const said = (): string => this.programs.at(-1)?.said().slice(-2_000) ?? '';
    await until(`${app} to answer; it said ${said()}`, () => this.nats.request(`$SRV.PING.vfleet-${app}`, '', { timeout: ANSWER_MS }), READY_MS);
  }

  /** Ends everything; the second call waits for the first. */
  close(): Promise<void> {
    return (this.ending ??= this.end());
  }

  private async end(): Promise<void> {
    this.closed = true;
    await Promise.all(this.programs.map((program) => program.kill('SIGKILL')));
    await this.nats.close();
    await this.database.end();
    await Promise.all([this.bus.stop(), this.postgres.stop()]);
    for (const work of this.closing.reverse()) await work();
  }
}
