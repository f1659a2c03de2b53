import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { explainStart, ServerStartError } from './start-error.js';
import { isAlive } from './processes.js';
import type { ServerUser } from './server-user.js';

/** A server's log beyond this is put aside (one generation) at the next start. */
const LOG_BYTES = 8 * 1024 * 1024;
const READY_POLL_MS = 20;
const ADOPTED_POLL_MS = 250;

/** A server that runs: a child of this process, or one found running. */
export interface ServerProcess {
  readonly pid: number;
  /** Settles when the process has ended, for whatever cause. */
  readonly ended: Promise<void>;
  /** Whether it has; from then on its pid may be another program's. */
  readonly hasEnded: () => boolean;
  /** What it has written since it was started; empty for one found running. */
  readonly written: () => string;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly user?: ServerUser;
  /** An open folder that the server finds as `/proc/self/fd/3`, whatever the folders above it permit. */
  readonly folder?: number;
}

const openLog = (logFile: string): { readonly log: number; readonly written: () => string } => {
  if (existsSync(logFile) && statSync(logFile).size > LOG_BYTES) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a', 0o600);
  const before = statSync(logFile).size;
  return { log, written: () => readFileSync(logFile).subarray(before).toString('utf8') };
};

const watched = (ended: Promise<void>): Pick<ServerProcess, 'ended' | 'hasEnded'> => {
  let over = false;
  return { ended: ended.then(() => void (over = true)), hasEnded: () => over };
};

/** Starts a server in a session of its own, so that a Ctrl-C at the terminal reaches only who supervises it. */
export const launch = ({ command, args, logFile, user, folder }: Launch): ServerProcess => {
  const { log, written } = openLog(logFile);
  const child = spawn(command, args, {
    cwd: '/',
    detached: true,
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', log, log, ...(folder === undefined ? [] : [folder])],
    ...user,
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  child.unref();
  if (child.pid === undefined) throw new ServerStartError('FAILED', `${command} cannot be run`);
  return { pid: child.pid, ...watched(ended), written };
};

/** Nobody is told of the end of a process that is not its child, so it has to be looked for. */
const endOf = async (pid: number): Promise<void> => {
  while (isAlive(pid)) await delay(ADOPTED_POLL_MS, undefined, { ref: false });
};

/** Takes over a server that an earlier process has left running. */
export const adopt = (pid: number): ServerProcess => ({
  pid,
  ...watched(endOf(pid)),
  written: () => '',
});

/** The first `connect` that succeeds. Fails when the server ends first, or with the last refusal after the given time. */
export const untilReady = async <T>(name: string, server: ServerProcess, connect: () => Promise<T>, timeoutMs: number): Promise<T> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      if (server.hasEnded()) throw explainStart(name, server.written(), error);
      if (Date.now() > deadline) throw explainStart(name, `${server.written()}\nno answer within ${timeoutMs / 1000} s: ${String(error)}`, error);
    }
    await delay(READY_POLL_MS);
  }
};
