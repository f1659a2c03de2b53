import type { ApiName, ApiReply, ApiRequest } from '@vfleet/contracts';
import { useMutation, type UseMutationResult } from '@tanstack/react-query';
import { tokenDialogOpen } from '../app/token-dialog.js';
import { say } from '../parts/toasts.js';
import type { ApiError } from './api-error.js';
import { ask } from './ask.js';
import { queryClient } from './queries.js';

const tellFailure = (name: string, error: ApiError): void => {
  say({ kind: 'failed', title: `${name}: ${error.code}`, text: error.message });
  if (error.status === 401) tokenDialogOpen.set(true);
};

/**
 * A request that changes something. What became of it is told in a toast; a missing token is asked for. `done` says what
 * was done, in a sentence.
 */
export const useAct = <Name extends ApiName>(
  name: Name,
  done: (reply: ApiReply<Name>) => string,
): UseMutationResult<ApiReply<Name>, ApiError, ApiRequest<Name>> =>
  useMutation<ApiReply<Name>, ApiError, ApiRequest<Name>>({
    mutationFn: (request) => ask(name, request),
    onSuccess: (reply) => {
      say({ kind: 'done', title: done(reply) });
      void queryClient.invalidateQueries();
    },
    onError: (error) => tellFailure(name, error),
  });
