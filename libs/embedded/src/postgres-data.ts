import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.js';
import { keptSecret } from './secret.js';
import type { ServerUser } from './server-user.js';
import { explainStart } from './start-error.js';

/** The one role of an embedded PostgreSQL: its superuser. */
export const POSTGRES_ROLE = 'vfleet';

/** The folder that holds a database: `data` (PGDATA), `password`, `server.log`. */
export interface PostgresHome {
  readonly folder: string;
  readonly user: ServerUser | undefined;
  readonly password: string;
}

/**
 * Lends a home to a child process, as the path under which the child sees it. Another user's child gets it as an open
 * descriptor: `/proc/self/fd/3` leads into the folder even where a folder above it (`/root`, a mode 0700 checkout)
 * cannot be entered by that user.
 */
export const withHome = <T>({ folder, user }: PostgresHome, use: (seen: string, descriptor?: number) => T): T => {
  if (!user || process.platform !== 'linux') return use(folder);
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return use('/proc/self/fd/3', descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** Opens a home, made at the first call. */
export const openHome = async (folder: string, user: ServerUser | undefined): Promise<PostgresHome> => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    const password = await keptSecret(join(folder, 'password'));
    if (user) for (const path of [folder, join(folder, 'password')]) chownSync(path, user.uid, user.gid);
    return { folder, user, password };
  } catch (error) {
    throw explainStart('PostgreSQL', String(error), error);
  }
};

const INITDB = [
  `--username=${POSTGRES_ROLE}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
];

/** Makes the database cluster unless it is there. One that was cut off half-way is made again. */
export const initialise = (home: PostgresHome, { initdb }: PostgresBinaries): void => {
  const data = join(home.folder, 'data');
  if (existsSync(join(data, 'PG_VERSION'))) return;
  const fresh = `${data}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const { status, stdout, stderr, error } = withHome(home, (seen, descriptor) =>
    spawnSync(initdb, [...INITDB, `--pgdata=${seen}/data.new`, `--pwfile=${seen}/password`], {
      cwd: '/',
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe', ...(descriptor === undefined ? [] : [descriptor])],
      ...home.user,
    }),
  );
  if (status !== 0) throw explainStart('PostgreSQL (initdb)', `${stdout}\n${stderr}\n${error?.message ?? ''}`, error);
  renameSync(fresh, data);
};

export interface PidFile {
  readonly pid: number;
  readonly port: number;
}

/** What `postmaster.pid` says: its first line is the pid, its fourth the port; undefined when there is none. */
export const readPidFile = (data: string): PidFile | undefined => {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const [pid = '', , , port = ''] = readFileSync(file, 'utf8').split('\n');
  return { pid: Number(pid), port: Number(port) };
};
