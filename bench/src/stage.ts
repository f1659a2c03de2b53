import { NatsServer, PostgresServer, serviceFlags } from '@vfleet/embedded';
import { VfleetClient } from '@vfleet/client';
import { STREAMS } from '@vfleet/contracts';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Real servers and real service processes, made for one section and thrown away after it. */
export interface Stage {
  readonly pgUrl: string;
  readonly natsUrl: string;
  readonly pool: pg.Pool;
  readonly client: VfleetClient;
  /** Starts a service and resolves when it answers. */
  readonly start: (service: 'allocator' | 'inventory' | 'migrator') => Promise<ChildProcess>;
  /** Starts so many simulated hosts in one process; they tell of themselves by and by. `vfs`: of each of two ports. */
  readonly simulate: (hosts: number, vfs?: number) => ChildProcess;
  readonly close: () => Promise<void>;
}

const ROOT = new URL('../../', import.meta.url);
const STARTED_WITHIN_MS = 60_000;

export const openStage = async (): Promise<Stage> => {
  const folder = mkdtempSync(join(tmpdir(), 'vfleet-bench-'));
  const postgres = await PostgresServer.start({ dataDir: join(folder, 'postgres') });
  const nats = await NatsServer.start({ storeDir: join(folder, 'nats') });
  const pool = new pg.Pool({ connectionString: postgres.url, max: 4 });
  pool.on('error', () => undefined);
  const client = await VfleetClient.connect({ url: nats.url, name: 'vfleet-bench', timeoutMs: 10_000 });
  const children: ChildProcess[] = [];

  const start: Stage['start'] = async (service) => {
    const log = openSync(join(folder, `${service}.log`), 'a');
    const env = { ...process.env, VFLEET_PG_URL: postgres.url, VFLEET_NATS_URL: nats.url, VFLEET_LOG_LEVEL: 'warn' };
    const child = spawn(process.execPath, [...serviceFlags(), new URL(`apps/${service}/dist/main.js`, ROOT).pathname], {
      env,
      stdio: ['ignore', log, log],
    });
    children.push(child);
    await answers(client, `$SRV.PING.vfleet-${service}`);
    // One that stands by, until it knows that nobody else is active, answers before there is anything to publish to.
    if (service === 'allocator') await answers(client, `$JS.API.STREAM.INFO.${STREAMS.IN.name}`, (reply) => !('error' in reply));
    return child;
  };
  const simulate: Stage['simulate'] = (hosts, vfs = 4) => {
    const log = openSync(join(folder, 'simulation.log'), 'a');
    const env = {
      ...process.env,
      VFLEET_NATS_URL: nats.url,
      VFLEET_SIM_HOSTS: String(hosts),
      VFLEET_SIM_VFS: String(vfs),
      VFLEET_SIM_STATE_DIR: join(folder, 'simulation'),
    };
    const child = spawn(process.execPath, [new URL('apps/host-agent/dist/simulate.js', ROOT).pathname], { env, stdio: ['ignore', log, log] });
    children.push(child);
    return child;
  };
  const close = async (): Promise<void> => {
    await Promise.all(children.map(ended));
    await client.close();
    await pool.end();
    await nats.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { pgUrl: postgres.url, natsUrl: nats.url, pool, client, start, simulate, close };
};

/** Stops a process and resolves when it is gone. */
export const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
};

const answers = async (client: VfleetClient, subject: string, suits: (reply: object) => boolean = () => true): Promise<void> => {
  const deadline = performance.now() + STARTED_WITHIN_MS;
  let failure = 'it answers otherwise';
  while (performance.now() < deadline) {
    try {
      if (suits((await client.nats.request(subject, '', { timeout: 500 })).json())) return;
    } catch (error) {
      failure = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${subject}: ${failure}`);
};
