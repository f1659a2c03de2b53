import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpackDebianPackages } from './debian-packages.js';
import { takeFromImage } from './nats-image.js';
import { runCommand } from './run-command.js';
import { ServerStartError } from './start-error.js';

/** Older servers lack parts of JetStream that the services use. */
const OLDEST: readonly [number, number] = [2, 9];
const PACKAGE = 'nats-server';
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/opt/homebrew/bin'];
/** `.tools` of the checkout, from `src` and from `dist` alike. */
const TOOLS = fileURLToPath(new URL('../../../.tools', import.meta.url));

export interface FindNatsOptions {
  /** The folder of unpacked copies; `.tools` in the root of the checkout by default. */
  readonly toolsDir?: string;
  /** Told of what takes long. */
  readonly progress?: (message: string) => void;
}

interface Found {
  readonly file: string;
  readonly version: string;
}

const isRecent = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
};

const inspect = (file: string): Found | undefined => {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    return undefined;
  }
  const version = /v(\d+\.\d+\.\d+)/.exec(spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
  return version === undefined ? undefined : { file, version };
};

const candidates = (toolsDir: string): string[] =>
  [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS, join(toolsDir, 'usr/sbin'), join(toolsDir, 'usr/bin'), toolsDir]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'nats-server'));

const lookAround = (toolsDir: string): string | undefined =>
  [...new Set(candidates(toolsDir))].map(inspect).find((found) => found && isRecent(found.version))?.file;

/** Runs a command; what it wrote when it failed, undefined when all went well. */
const trouble = async (command: string, args: readonly string[]): Promise<string | undefined> => {
  const result = await runCommand(command, args);
  return result.ok ? undefined : result.trouble;
};

/** Takes the program out of its Debian package. Nothing is installed: no service is set up that would take the port. */
const unpack = (toolsDir: string): Promise<string | undefined> => unpackDebianPackages(toolsDir, async () => [PACKAGE]);

const installAsRoot = async (): Promise<string | undefined> => {
  const outdated = await trouble('apt-get', ['update', '-q']);
  const failed = await trouble('apt-get', ['install', '-y', '-q', '--no-install-recommends', PACKAGE]);
  return failed && [outdated, failed].filter(Boolean).join('; ');
};

const advice = (reason: string | undefined): string =>
  [
    `no nats-server ${OLDEST.join('.')} or later was found, and installing one failed (${reason ?? 'it does not run here'}). Do one of these:`,
    '  Debian, Ubuntu: sudo apt-get install nats-server',
    '  macOS: brew install nats-server',
    '  a container engine: docker run -d -p 127.0.0.1:4222:4222 nats:2.11-alpine -js, then VFLEET_NATS_URL=nats://127.0.0.1:4222',
    '  any server with JetStream: VFLEET_NATS_URL=nats://user:password@host:4222',
  ].join('\n');

/**
 * The path of a nats-server: on PATH or in a system folder, in `.tools`, else taken into `.tools` from an image where a
 * container engine answers, or from the system's Debian package, else, for root, installed by apt.
 * @throws ServerStartError NOT_INSTALLED, saying what to do
 */
export const findNatsServer = async ({ toolsDir = TOOLS, progress = () => undefined }: FindNatsOptions = {}): Promise<string> => {
  const found = lookAround(toolsDir);
  if (found !== undefined) return found;
  progress(`fetching nats-server into ${toolsDir}`);
  let failed: string | undefined = await takeFromImage(toolsDir);
  if (failed !== undefined) failed = await unpack(toolsDir);
  if (failed !== undefined && process.getuid?.() === 0) {
    progress('installing nats-server (apt-get install)');
    failed = await installAsRoot();
  }
  const fetched = lookAround(toolsDir);
  if (fetched !== undefined) return fetched;
  throw new ServerStartError('NOT_INSTALLED', advice(failed));
};
