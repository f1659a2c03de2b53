import { ApiError, conflict, invalidRequest, unavailable } from '@vfleet/contracts';
import type { Fault } from '@vfleet/pci';
import type { Answer, Refusal } from '../domain/decision.js';

/** How long a caller waits for a commit before it is told to try again, in milliseconds. */
export const REPLY_WITHIN_MS = 4_000;

/** The answer of the kind that a caller asked for; a refusal becomes the error that it is told. */
export const expectAnswer = <Kind extends Answer['kind']>(answer: Answer, kind: Kind): Extract<Answer, { kind: Kind }> => {
  if (answer.kind === 'refused') throw toError(answer.refusal);
  if (answer.kind === 'missing') throw new ApiError(404, answer.refusal.code, answer.refusal.message);
  if (answer.kind === 'conflict') throw conflict(answer.refusal.code, answer.refusal.message, answer.refusal.details);
  if (answer.kind !== kind) throw new ApiError(500, 'INTERNAL', `expected ${kind}, got ${answer.kind}`);
  return answer as Extract<Answer, { kind: Kind }>;
};

/** A refusal as its caller is told it. */
export const toError = ({ code, message, unmet = [], details }: Refusal): ApiError =>
  code === 'INVALID_REQUEST'
    ? invalidRequest((details as readonly Fault[] | undefined) ?? [{ field: 'body', message }])
    : new ApiError(422, code, message, { unmet, ...(details as object | undefined) });

/** Refuses with 503 what is not committed in time; it may still happen, and the same request again finds it. */
export const inTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable('the journal does not answer in time; try again')), REPLY_WITHIN_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
