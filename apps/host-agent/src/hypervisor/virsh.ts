import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** virsh ended with an error; what it said is the message. */
export class VirshFailed extends Error {
  override readonly name = 'VirshFailed';
}

export interface DomainEvent {
  readonly event: string;
  /** The domain's name. */
  readonly domain: string;
  /** Of a device event, the device's alias. */
  readonly detail: string;
}

/** The command line client of libvirt, run without a shell. */
export interface Virsh {
  /** Its standard output. @throws VirshFailed, or the signal's reason when it is aborted */
  run(args: readonly string[], limitMs: number, signal?: AbortSignal): Promise<string>;
  /** As `run`, with a file that holds `text` as the last argument. */
  runWith(args: readonly string[], text: string, limitMs: number, signal?: AbortSignal): Promise<string>;
  /** Tells every event of every domain until it is stopped; begins anew when virsh ends. */
  listen(tell: (event: DomainEvent) => void): { readonly stop: () => void };
}

const LISTEN_AGAIN_MS = 1_000;
const MOST_OUTPUT = 64 * 1024 * 1024;
/** Messages are recognised by their English texts. */
const ENVIRONMENT = { LC_ALL: 'C', LANG: 'C' };

export const virsh = (program: string, uri: string): Virsh => {
  const env = { ...process.env, ...ENVIRONMENT };
  const connected = ['--quiet', '--connect', uri];

  const runVirsh: Virsh['run'] = async (args, limitMs, signal) => {
    try {
      const { stdout } = await run(program, [...connected, ...args], {
        env,
        timeout: Math.max(1, Math.ceil(limitMs)),
        maxBuffer: MOST_OUTPUT,
        signal,
      });
      return stdout;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const { stderr = '', message, killed } = error as { readonly stderr?: string; readonly message: string; readonly killed?: boolean };
      throw new VirshFailed(killed ? `virsh ${args[0] ?? ''} gave no answer in time` : stderr.trim().replaceAll(/^error: /gm, '') || message, {
        cause: error,
      });
    }
  };

  const listen: Virsh['listen'] = (tell) => {
    let stopped = false;
    let again: NodeJS.Timeout | undefined;
    let child: ReturnType<typeof spawn> | undefined;
    const begin = (): void => {
      child = spawn(program, [...connected, 'event', '--all', '--loop'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
      if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => parseEvent(line).forEach(tell));
      child.on('error', () => {});
      child.once('close', () => {
        if (!stopped) again = setTimeout(begin, LISTEN_AGAIN_MS).unref();
      });
    };
    begin();
    return {
      stop: () => {
        stopped = true;
        clearTimeout(again);
        child?.kill();
      },
    };
  };

  return {
    run: runVirsh,
    runWith: async (args, text, limitMs, signal) => {
      const folder = await mkdtemp(join(tmpdir(), 'vfleet-'));
      try {
        await writeFile(join(folder, 'device.xml'), text, { mode: 0o600 });
        return await runVirsh([...args, join(folder, 'device.xml')], limitMs, signal);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    listen,
  };
};

/** As virsh 9.0 and 11.3 print it: `event 'device-removed' for domain 'n0': ua-hostdev0`. */
const EVENT = /event '([a-z-]+)' for domain '?(.+?)'?: (\S+)/;
const parseEvent = (line: string): readonly DomainEvent[] => {
  const [, event, domain, detail] = EVENT.exec(line) ?? [];
  return event !== undefined && domain !== undefined && detail !== undefined ? [{ event, domain, detail }] : [];
};
