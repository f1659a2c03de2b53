import { ApiError, MAX_MESSAGE_BYTES, invalidRequest, tooManyRequests, unavailable } from '@vfleet/contracts';
import { QueueFull, StreamAhead, isPassing } from '@vfleet/journal';
import type { ErrorReply } from '@vfleet/messaging';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the body of a request: a JSON object, an empty body means `{}`.
 * @throws ApiError 400
 */
export const decodeRequest = (payload: Uint8Array): unknown => {
  if (payload.byteLength === 0) return {};
  if (payload.byteLength > MAX_MESSAGE_BYTES) throw invalidRequest([{ field: 'body', message: `is larger than ${MAX_MESSAGE_BYTES} bytes` }]);
  let body: unknown;
  try {
    body = JSON.parse(utf8.decode(payload));
  } catch (error) {
    throw invalidRequest([{ field: 'body', message: `is not JSON: ${(error as Error).message}` }]);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalidRequest([{ field: 'body', message: 'must be a JSON object' }]);
  return body;
};

/** What a caller is told of an error; nothing of the inside, no stack and no SQL, leaves. */
export const toErrorReply = (error: unknown): ErrorReply => {
  const told = toApiError(error);
  return { status: told.status, description: told.message, body: told.toBody() };
};

export const toApiError = (error: unknown): ApiError => {
  if (error instanceof ApiError) return error;
  if (error instanceof QueueFull) return tooManyRequests();
  if (error instanceof StreamAhead) return unavailable('the database has lost its newest events; nothing is decided until an operator has looked');
  if (isPassing(error)) return unavailable('the journal cannot be reached; try again');
  return new ApiError(500, 'INTERNAL', 'this should not have happened; it stands in the log of the service');
};
