import type { ApiName, ApiReply, ApiRequest } from '@vfleet/contracts';
import { ApiError, notReached, toApiError } from './api-error.js';
import { authorization } from './token.js';

const send = async (path: string, init: RequestInit): Promise<unknown> => {
  const response = await fetch(path, { ...init, headers: { ...init.headers, ...authorization() } }).catch((error: unknown) => {
    throw error instanceof DOMException ? error : notReached();
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw toApiError(response.status, body);
  if (body === undefined) throw new ApiError(response.status, 'UNAVAILABLE', 'The server gave an answer that cannot be read.');
  return body;
};

/**
 * Puts a request of the contract's section 6 to the service that owns it.
 * @throws ApiError
 */
export const ask = async <Name extends ApiName>(name: Name, request: ApiRequest<Name>, signal?: AbortSignal): Promise<ApiReply<Name>> =>
  (await send(`/api/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    ...(signal && { signal }),
  })) as ApiReply<Name>;

/**
 * Reads what the dashboard's own server puts together, such as `/api/fleet`.
 * @throws ApiError
 */
export const read = async <Reply>(path: string, signal?: AbortSignal): Promise<Reply> => (await send(path, signal ? { signal } : {})) as Reply;
