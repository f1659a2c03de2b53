import { connect } from '@nats-io/transport-node';
import { parseNatsUrl } from '@vfleet/contracts';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.js';

/** A program of this repository, built, in a process of its own. It ends when the spec's process does. */
export interface RunningProgram {
  readonly process: ChildProcess;
  /** Everything that it has said so far, on both channels. */
  readonly said: () => string;
  /** Its exit code, or the signal that ended it, once everything that it said has been read. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Ends it with a signal and waits until it is gone. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Starts `apps/<app>/dist/main.js`, or another command of that folder; of another build where its root is given. */
export const aProgram = (
  app: string,
  args: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
  command = 'main',
  root = ROOT,
): RunningProgram => {
  const env = { ...process.env, NODE_OPTIONS: '', VFLEET_SUPERVISED: '1', ...environment };
  const child = spawn(process.execPath, [join(root, 'apps', app, 'dist', `${command}.js`), ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  for (const channel of [child.stdout, child.stderr]) channel.setEncoding('utf8').on('data', (more: string) => (text += more));
  const ended = new Promise<number | NodeJS.Signals>((resolve) => child.once('close', (code, signal) => resolve(code ?? (signal as NodeJS.Signals))));
  const kill = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return { process: child, said: () => text, ended, kill };
};

/** Where a service finds its servers. */
export interface Servers {
  readonly pgUrl: string;
  readonly natsUrl: string;
}

const READY_MS = 120_000;

/** Starts a service, with more settings where it needs them, and resolves when it answers on the bus. */
export const aService = async (
  app: 'allocator' | 'inventory' | 'migrator',
  { pgUrl, natsUrl }: Servers,
  environment: NodeJS.ProcessEnv = {},
): Promise<RunningProgram> => {
  const service = aProgram(app, [], { VFLEET_PG_URL: pgUrl, VFLEET_NATS_URL: natsUrl, ...environment });
  const nats = await connect(parseNatsUrl(natsUrl));
  try {
    await until(
      () => `${app} to answer; it said ${service.said()}`,
      () => nats.request(`$SRV.PING.vfleet-${app}`, '', { timeout: 500 }),
      READY_MS,
    );
  } finally {
    await nats.close();
  }
  return service;
};
