import { ApiError } from '@vfleet/contracts';
import { isPolicyRefusal } from './exit-codes.js';

/**
 * What stands in the way of a move, as the error that the command ends with: a policy's refusal only where nothing else
 * does. Undefined where nothing stands in the way.
 */
export const blocked = (blockers: readonly { readonly code: string }[], message: string): ApiError | undefined => {
  const { code } = blockers.find((blocker) => !isPolicyRefusal(blocker.code)) ?? blockers[0] ?? {};
  return code === undefined ? undefined : new ApiError(422, code, message);
};
