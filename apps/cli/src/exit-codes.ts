import { ApiError } from '@vfleet/contracts';

/** What a script may rely on; the page of the command line tells of each. */
export const EXIT = { done: 0, failed: 1, doesNotFit: 2, refused: 3, conflict: 4, unreachable: 5, usage: 64 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Wrong use of the command line: exit code 64, and the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const exitCodeOf = (error: unknown): ExitCode => {
  if (error instanceof UsageError) return EXIT.usage;
  if (!(error instanceof ApiError)) return EXIT.failed;
  if (isPolicyRefusal(error.code)) return EXIT.refused;
  return BY_STATUS.get(error.status) ?? EXIT.failed;
};

/** A policy stands in the way: another host would not help, another policy would. */
export const isPolicyRefusal = (code: string): boolean => code === 'MIGRATION_FORBIDDEN' || code === 'STANDBY_REQUIRED';

const BY_STATUS: ReadonlyMap<number, ExitCode> = new Map([
  [400, EXIT.usage],
  [409, EXIT.conflict],
  [412, EXIT.conflict],
  [422, EXIT.doesNotFit],
  [429, EXIT.unreachable],
  [503, EXIT.unreachable],
]);
