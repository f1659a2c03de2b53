import { commandLine, parentOf, ServerStartError } from '@vfleet/embedded';
import { BadSettings, readConfig } from './config.js';
import { AlreadyRunning } from './data-directory.js';
import { supervise } from './supervisor.js';

/** As sysexits.h has it: something in the configuration is wrong. */
const BAD_CONFIGURATION = 78;
const PARENT_POLL_MS = 500;

const say = (message: string): void => void process.stdout.write(`vfleet: ${message}\n`);

const stopOnSignals = (): AbortSignal => {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort());
  stopWithNpm(stopping);
  return stopping.signal;
};

/** npm passes SIGTERM and SIGINT on. A SIGKILL of npm only shows in another parent of ours, or of the shell that it may put between. */
const stopWithNpm = (stopping: AbortController): void => {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const shell = /^\S*sh -c /.test(commandLine(parent));
  const npm = shell ? parentOf(parent) : parent;
  const isGone = (): boolean => process.ppid !== parent || (shell && parentOf(parent) !== npm);
  setInterval(() => isGone() && stopping.abort(), PARENT_POLL_MS).unref();
};

/** What a user can do about an error has its sentence in the message; of anything else the stack tells more. */
const tell = (error: unknown): void => {
  const { message, stack } = error as Error;
  const known = error instanceof ServerStartError || error instanceof AlreadyRunning || error instanceof BadSettings;
  process.stderr.write(`vfleet: ${known ? message : (stack ?? message)}\n`);
};

try {
  const stopped = stopOnSignals();
  await supervise(readConfig(), stopped, say, ({ httpUrl }) => say(`ready, the dashboard is at ${httpUrl}`));
  process.exitCode = 0;
} catch (error) {
  tell(error);
  process.exitCode = error instanceof BadSettings ? BAD_CONFIGURATION : 1;
}
process.exit();
