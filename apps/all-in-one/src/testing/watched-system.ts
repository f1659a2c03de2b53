import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl } from '@vfleet/contracts';
import { aDatabase, aNatsServer, aProgram, SimulatedHost, until, type RunningProgram, type TestDatabase, type TestNats } from '@vfleet/testing';

export type App = 'allocator' | 'inventory' | 'migrator' | 'dashboard';

/** A line of a scrape: its name and labels as they stand there, and its value. */
export type Scrape = ReadonlyMap<string, number>;

const READY_MS = 120_000;

/** Where a program serves its metrics, as its log says. */
export const portOf = ({ said }: Pick<RunningProgram, 'said'>): Promise<number> =>
  until(
    'metrics to be served',
    () => {
      const line = said()
        .split('\n')
        .find((one) => one.includes('"metrics and health are served"'));
      return line === undefined ? undefined : (JSON.parse(line) as { readonly port: number }).port;
    },
    READY_MS,
  );

export const read = async (program: Pick<RunningProgram, 'said'>, path: string): Promise<{ readonly status: number; readonly text: string }> => {
  const response = await fetch(`http://127.0.0.1:${await portOf(program)}${path}`);
  return { status: response.status, text: await response.text() };
};

export const scrape = async (program: Pick<RunningProgram, 'said'>): Promise<Scrape> => {
  const { text } = await read(program, '/metrics');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
};

/** The sum of what a metric says under labels that hold all of these. */
export const sumOf = (scraped: Scrape, name: string, labels: Readonly<Record<string, string>> = {}): number => {
  let sum = 0;
  for (const [series, value] of scraped) {
    if (series !== name && !series.startsWith(`${name}{`)) continue;
    if (Object.entries(labels).every(([label, wanted]) => series.includes(`${label}="${wanted}"`))) sum += value;
  }
  return sum;
};

/** Real servers and services that serve their metrics. */
export class WatchedSystem {
  private constructor(
    readonly database: TestDatabase,
    readonly bus: TestNats,
    readonly nats: NatsConnection,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly programs: RunningProgram[] = [],
    private readonly hosts: SimulatedHost[] = [],
  ) {}

  static async open(environment: NodeJS.ProcessEnv = {}): Promise<WatchedSystem> {
    const [database, bus] = await Promise.all([aDatabase(), aNatsServer()]);
    const nats = await connect({ ...parseNatsUrl(bus.url), maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    return new WatchedSystem(database, bus, nats, environment);
  }

  /** Starts a service; it need not be ready yet. */
  start(app: App, more: NodeJS.ProcessEnv = {}): RunningProgram {
    const variable = `VFLEET_${app.toUpperCase()}_HTTP_PORT`;
    const servers = { VFLEET_PG_URL: this.database.url, VFLEET_NATS_URL: this.bus.url, [variable]: '0', VFLEET_DASHBOARD_PORT: '0' };
    const program = aProgram(app, [], { ...servers, ...this.environment, ...more });
    this.programs.push(program);
    return program;
  }

  /** Starts a service and waits until it is ready, or stands by. */
  async ready(app: App, more: NodeJS.ProcessEnv = {}): Promise<RunningProgram> {
    const program = this.start(app, more);
    await until(
      () => `${app} to be ready; it said ${program.said()}`,
      async () => (await read(program, '/health/ready')).status === 200,
      READY_MS,
    );
    return program;
  }

  host(hostId: string, cards = 1): SimulatedHost {
    const host = new SimulatedHost(hostId, this.nats, {
      natsUrl: this.bus.url,
      cards,
      environment: { VFLEET_AGENT_HTTP_PORT: '0', ...this.environment },
    });
    this.hosts.push(host);
    return host;
  }

  /** Asks as any program would. */
  async ask(name: string, body: object): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }> {
    const reply = await this.nats.request(`vfleet.api.${name}`, JSON.stringify(body), { timeout: 60_000 });
    return { status: Number(reply.headers?.get('Nats-Service-Error-Code') || 200), body: reply.json() };
  }

  async close(): Promise<void> {
    await Promise.all([...this.hosts.map((host) => host.close()), ...this.programs.map((program) => program.kill('SIGKILL'))]);
    await this.nats.close();
    await Promise.all([this.bus.close(), this.database.close()]);
  }
}
