import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { ServerStartError } from './start-error.js';

/** An operating system user, as `spawn` wants it. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const NEW_USER = 'vfleet';

/** initdb refuses a uid without an entry in the user database, so only named users are of use. */
const namedUser = (name: string): ServerUser | undefined => {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
};

const createUser = (): ServerUser | undefined => {
  try {
    execFileSync('useradd', ['--system', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', NEW_USER], {
      stdio: 'ignore',
    });
  } catch {
    return undefined;
  }
  return namedUser(NEW_USER);
};

const ownerOf = (folder: string): ServerUser | undefined => {
  const { uid, gid } = statSync(folder, { throwIfNoEntry: false }) ?? {};
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid };
};

/**
 * Who runs PostgreSQL, which refuses to run as root: undefined (the present user) for an ordinary user; for root
 * whoever owns the data already, else `postgres`, `vfleet` (created where that is possible) or `nobody`.
 */
export const serverUser = (dataFolder: string): ServerUser | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const user = ownerOf(dataFolder) ?? namedUser('postgres') ?? namedUser(NEW_USER) ?? createUser() ?? namedUser('nobody');
  if (user) return user;
  throw new ServerStartError('NOT_PERMITTED', 'PostgreSQL does not run as root, and there is no other user to run it as: create one named postgres');
};
