import { ApiError } from '@vfleet/contracts';

/** What a script may rely on; the page of the command line tells of each. */
export const EXIT = { done: 0, failed: 1, doesNotFit: 2, refused: 3, conflict: 4, unreachable: 5, usage: 64 } as const;
/** In words, for the help and the page of the reference. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.done, 'done'],
  [EXIT.failed, 'failed, or there is no such thing; doctor and journal verify: something was found'],
  [EXIT.doesNotFit, 'does not fit: the devices that are asked for are not to be had'],
  [EXIT.refused, 'a policy or a quota refuses it, or this user may not'],
  [EXIT.conflict, 'conflicts with what is, or is no news'],
  [EXIT.unreachable, 'nothing answers; try again'],
  [EXIT.usage, 'wrong usage'],
];
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Wrong use of the command line: exit code 64, and the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const exitCodeOf = (error: unknown): ExitCode => {
  if (error instanceof UsageError) return EXIT.usage;
  if (!(error instanceof ApiError)) return EXIT.failed;
  if (isPolicyRefusal(error.code)) return EXIT.refused;
  return BY_CODE.get(error.code) ?? BY_STATUS.get(error.status) ?? EXIT.failed;
};

/** A rule that somebody made stands in the way: another host would not help, another policy or quota would. */
export const isPolicyRefusal = (code: string): boolean => POLICY_REFUSALS.has(code);

const POLICY_REFUSALS = new Set(['MIGRATION_FORBIDDEN', 'STANDBY_REQUIRED', 'QUOTA_EXCEEDED']);

/** Refusals with 422 in which no devices are wanting: what is named is not there, or things are such that there is nothing to do. */
const BY_CODE: ReadonlyMap<string, ExitCode> = new Map([
  ['VM_UNKNOWN', EXIT.failed],
  ['TARGET_UNKNOWN', EXIT.failed],
  ['HOST_UNKNOWN', EXIT.failed],
  ['ALIAS_NOT_FOUND', EXIT.failed],
  ['MODEL_NOT_FOUND', EXIT.failed],
  ['OFFERING_NOT_FOUND', EXIT.failed],
  ['VM_NOT_RUNNING', EXIT.conflict],
  ['SAME_HOST', EXIT.conflict],
]);

const BY_STATUS: ReadonlyMap<number, ExitCode> = new Map([
  [400, EXIT.usage],
  [403, EXIT.refused],
  [409, EXIT.conflict],
  [412, EXIT.conflict],
  [422, EXIT.doesNotFit],
  [429, EXIT.unreachable],
  [503, EXIT.unreachable],
]);
