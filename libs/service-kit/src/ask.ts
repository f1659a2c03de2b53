import { ApiError, unavailable, type ApiErrorBody } from '@vfleet/contracts';
import { currentTraceparent } from '@vfleet/telemetry';
import { RequestError, TimeoutError, headers, type NatsConnection } from '@nats-io/transport-node';

/**
 * One request to another service, its reply as it came. What is done for a trace is asked for as part of it.
 * @throws ApiError; 503 where nobody answers
 */
export const ask = async (nats: NatsConnection, subject: string, body: object, timeoutMs: number): Promise<unknown> => {
  const traceparent = currentTraceparent();
  const carried = traceparent === undefined ? {} : { headers: headers() };
  if (traceparent !== undefined) carried.headers?.set('traceparent', traceparent);
  const reply = await nats.request(subject, JSON.stringify(body), { timeout: timeoutMs, ...carried }).catch((error: unknown) => {
    if (error instanceof TimeoutError) throw unavailable(`${subject} does not answer in time`);
    if (error instanceof RequestError && error.isNoResponders()) throw unavailable(`nobody answers ${subject}`);
    throw error;
  });
  const answer = JSON.parse(reply.string() || '{}') as ApiErrorBody | object;
  const status = Number(reply.headers?.get('Nats-Service-Error-Code') || 0);
  if (status === 0) return answer;
  const { code = 'INTERNAL', message = 'it failed', details } = ('error' in answer ? answer.error : {}) as Partial<ApiErrorBody['error']>;
  throw new ApiError(status, code, message, details);
};
