/** Why a server did not start, in the words that a caller decides by. */
export type StartErrorCode = 'PORT_IN_USE' | 'DISK_FULL' | 'NOT_PERMITTED' | 'NOT_INSTALLED' | 'WRONG_VERSION' | 'UNREACHABLE' | 'FAILED';

/** A server that did not start. The message says what is wrong and what to do about it. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
  constructor(
    readonly code: StartErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What the servers (with LC_ALL=C) and the kernel write into a log or an error, and what it means. */
const SIGNS: readonly (readonly [RegExp, StartErrorCode, string])[] = [
  [/address already in use|EADDRINUSE/i, 'PORT_IN_USE', 'its port is in use: stop the program that listens there, or choose another port'],
  [
    /no space left on device|ENOSPC|disk quota exceeded/i,
    'DISK_FULL',
    'the disk is full: free some space, or choose a data directory on another disk',
  ],
  [
    /permission denied|operation not permitted|EACCES|EPERM|read-only file system|EROFS/i,
    'NOT_PERMITTED',
    'the system does not permit it: check who owns the folders that are named',
  ],
  [/incompatible with server|database files are incompatible/i, 'WRONG_VERSION', 'the data was written by another version of the server'],
];

/** Turns what a server wrote before it ended into an error that says what to do. */
export const explainStart = (server: string, written: string, cause?: unknown): ServerStartError => {
  const [, code, advice] = SIGNS.find(([sign]) => sign.test(written)) ?? [undefined, 'FAILED' as const, 'what it wrote last follows'];
  const last = written.trim().split('\n').slice(-5).join('\n  ');
  return new ServerStartError(code, `${server} did not start: ${advice}\n  ${last}`, { cause });
};
