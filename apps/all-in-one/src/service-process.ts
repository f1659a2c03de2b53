import { spawn, type ChildProcess } from 'node:child_process';
import { serviceFlags } from '@vfleet/embedded';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Restartable } from './keep-running.js';

export interface Program {
  /** The file that Node runs. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** Longer than a service takes to finish what it has begun. */
const STOP_MS = 12_000;

/**
 * A Node program as a child process. It runs in a session of its own, so that a Ctrl-C at the terminal reaches the
 * supervisor alone, and its standard input is a pipe that nobody writes to: when the supervisor is gone, however it
 * went, the pipe closes and the program ends itself (VFLEET_SUPERVISED=1 asks for that).
 */
export class ServiceProcess implements Restartable {
  private child: ChildProcess;
  ended: Promise<void>;

  constructor(private readonly program: Program) {
    [this.child, this.ended] = run(program);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async restart(): Promise<void> {
    [this.child, this.ended] = run(this.program);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const late = new AbortController();
    const force = delay(STOP_MS, undefined, { signal: late.signal }).then(() => this.child.kill('SIGKILL'));
    await this.ended;
    late.abort();
    await force.catch(() => undefined);
  }
}

const run = ({ file, environment, logFile }: Program): [ChildProcess, Promise<void>] => {
  const log = openSync(logFile, 'a', 0o600);
  const env = { ...process.env, ...environment, VFLEET_SUPERVISED: '1' };
  const child = spawn(process.execPath, ['--enable-source-maps', ...serviceFlags(), file], {
    detached: true,
    env,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  child.stdin?.on('error', () => undefined);
  return [child, new Promise((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))];
};
