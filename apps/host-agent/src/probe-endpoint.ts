import { agentSubject, ApiError, invalidRequest, ProbeHost, validate, type ApiErrorBody } from '@vfleet/contracts';
import { headers, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { Agent } from './agent.js';

/** Answers `vfleet.agent.<hostId>.probe`. */
export const serveProbe = (nats: NatsConnection, hostId: string, agent: Agent, log: Logger): Subscription =>
  nats.subscribe(agentSubject(hostId, 'probe'), {
    callback: (error, message) => {
      if (error) log.error({ hostId, err: error.message }, 'probe requests cannot be heard');
      else void answer(message, agent, log);
    },
  });

const answer = async (message: Msg, agent: Agent, log: Logger): Promise<void> => {
  try {
    const { full = false } = readRequest(message);
    message.respond(JSON.stringify(await agent.probe(full)));
  } catch (error) {
    if (!(error instanceof ApiError)) log.error({ err: (error as Error).message }, 'probe failed');
    refuse(message, error instanceof ApiError ? error : new ApiError(503, 'UNAVAILABLE', "the probe failed; the agent's log says why"));
  }
};

const readRequest = (message: Msg): ProbeHost => {
  let body: unknown = {};
  try {
    if (message.data.length > 0) body = message.json();
  } catch {
    throw invalidRequest([{ field: 'body', message: 'is not JSON' }]);
  }
  const checked = validate(ProbeHost, body, 'refuse');
  if (!checked.ok) throw invalidRequest(checked.faults);
  return checked.value;
};

const refuse = (message: Msg, error: ApiError): void => {
  const told = headers();
  told.set('Nats-Service-Error-Code', String(error.status));
  told.set('Nats-Service-Error', error.message);
  const body: ApiErrorBody = error.toBody();
  message.respond(JSON.stringify(body), { headers: told });
};
