import { agentSubject, ApiError, invalidRequest, validate, type ApiErrorBody, type Message } from '@vfleet/contracts';
import { headers, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { inTrace, parentOf } from '@vfleet/telemetry';
import type { Logger } from 'pino';

export interface Endpoint<T extends object> {
  /** After `vfleet.agent.<hostId>.`. */
  readonly verb: string;
  /** Reads the body. @throws ApiError 400, each fault with its field */
  readonly read: (body: unknown) => T;
  /** @throws ApiError to refuse; anything else is answered as 503. */
  readonly answer: (request: T) => object | Promise<object>;
}

/** Reads a message, and refuses what it does not define. */
export const reads =
  <T extends object>(message: Message<T>) =>
  (body: unknown): T => {
    const checked = validate(message, body, 'refuse');
    if (!checked.ok) throw invalidRequest(checked.faults);
    return checked.value;
  };

/** Two agents of one host, as during an upgrade, answer once. */
const QUEUE = 'vfleet-agent';

/** Answers `vfleet.agent.<hostId>.<verb>`. An empty body means `{}`. */
export const serve = <T extends object>(nats: NatsConnection, hostId: string, endpoint: Endpoint<T>, log: Logger): Subscription =>
  nats.subscribe(agentSubject(hostId, endpoint.verb), {
    queue: QUEUE,
    callback: (error, message) => {
      if (error) log.error({ hostId, verb: endpoint.verb, err: error.message }, 'requests cannot be heard');
      else void inTrace(parentOf(message.headers?.get('traceparent')), () => answer(message, endpoint, log));
    },
  });

const answer = async <T extends object>(message: Msg, { verb, read, answer }: Endpoint<T>, log: Logger): Promise<void> => {
  try {
    message.respond(JSON.stringify(await answer(read(bodyOf(message)))));
  } catch (error) {
    if (!(error instanceof ApiError)) log.error({ verb, err: (error as Error).message }, 'request failed');
    refuse(message, error instanceof ApiError ? error : new ApiError(503, 'UNAVAILABLE', "the request failed; the agent's log says why"));
  }
};

const bodyOf = (message: Msg): unknown => {
  try {
    return message.data.length > 0 ? message.json() : {};
  } catch {
    throw invalidRequest([{ field: 'body', message: 'is not JSON' }]);
  }
};

const refuse = (message: Msg, error: ApiError): void => {
  const told = headers();
  told.set('Nats-Service-Error-Code', String(error.status));
  told.set('Nats-Service-Error', error.message);
  const body: ApiErrorBody = error.toBody();
  message.respond(JSON.stringify(body), { headers: told });
};
