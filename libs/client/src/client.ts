import { jetstream } from '@nats-io/jetstream';
import { credsAuthenticator, headers, RequestError, TimeoutError, type Msg, type NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import {
  ApiError,
  identityOf,
  parseNatsUrl,
  unavailable,
  type ApiErrorBody,
  type ApiName,
  type ApiReply,
  type ApiRequest,
  type CloudEvent,
  type TlsIdentity,
} from '@vfleet/contracts';
import { isToken } from '@vfleet/pci';
import { eventsFrom, eventsNow } from './events.js';
import { pages, type Page, type PagedApi } from './pages.js';
import { positionAt } from './position-at.js';

export interface ClientOptions {
  /** `nats://user:pass@host:port[,…]`. */
  readonly url: string;
  /** Shown by the server's connection list. */
  readonly name?: string;
  /** How long a request, or an acknowledgement, may take. */
  readonly timeoutMs?: number;
  /** The content of a NATS credentials file, for servers with decentralised users. */
  readonly credentials?: Uint8Array;
  /** In place of those in the address. */
  readonly user?: string;
  readonly password?: string;
  /** Files in PEM form: whose certificates are trusted, and what the client shows of itself. */
  readonly tls?: Pick<TlsIdentity, 'caFile' | 'certFile' | 'keyFile'>;
  /** Where replies arrive; where not said at `_INBOX.<user>`, or at `_INBOX` for who has no name. */
  readonly inboxPrefix?: string;
}

export interface PublishOptions {
  /** Published twice within the stream's duplicate window, a message with the same id is stored once. */
  readonly msgId?: string;
  /** W3C trace context that the message belongs to. */
  readonly traceparent?: string | undefined;
}

export interface EventOptions {
  /** A subject below `vfleet.evt`, wildcards as NATS has them. */
  readonly subject?: string;
  /** Journal position of the first event wanted; without it only what happens from now on. */
  readonly fromPosition?: number;
}

const DEFAULT_TIMEOUT_MS = 5_000;
/** A server that does not answer two of them is taken for gone, and another one asked. The library's own is two minutes. */
const PING_INTERVAL_MS = 10_000;
const ALL_EVENTS = 'vfleet.evt.>';

/** OpenSSL's and Node's codes for certificates; the library's own word for a server that knows no TLS. */
const isAboutTls = ({ code = '', message }: NodeJS.ErrnoException): boolean =>
  /CERT|LEAF|ISSUER|ALTNAME/.test(code) || message === "server does not support 'tls'";

/** A user with narrow rights may hear replies to itself only. A name that is no token cannot stand in a subject. */
const inboxFor = (given: string | undefined, user: string | undefined): { readonly inboxPrefix?: string } => {
  if (given !== undefined) return { inboxPrefix: given };
  return user !== undefined && isToken(user) ? { inboxPrefix: `_INBOX.${user}` } : {};
};

/** vfleet's request/reply API, its events and its facts, over one NATS connection. */
export class VfleetClient {
  private constructor(
    /** The connection, for what this class does not cover. */
    readonly nats: NatsConnection,
    private readonly timeoutMs: number,
  ) {}

  /** Connects, and from then on reconnects for ever. @throws ApiError 503 when no server answers, 403 when it refuses the user. */
  static async connect({
    url,
    name = 'vfleet-client',
    timeoutMs = DEFAULT_TIMEOUT_MS,
    credentials,
    user,
    password,
    tls,
    inboxPrefix,
  }: ClientOptions): Promise<VfleetClient> {
    const endpoint = parseNatsUrl(url);
    try {
      const given = {
        ...(credentials && { authenticator: credsAuthenticator(credentials) }),
        ...(user !== undefined && { user, pass: password ?? '' }),
        ...(tls && { tls: { ...identityOf(endpoint.servers), ...tls } }),
        ...inboxFor(inboxPrefix, user ?? endpoint.user),
      };
      // Without a picture of the stack for each request, which takes longer than the request.
      const fixed = { maxReconnectAttempts: -1, pingInterval: PING_INTERVAL_MS, ignoreAuthErrorAbort: true, noAsyncTraces: true };
      const nats = await connect({ ...endpoint, ...given, name, timeout: timeoutMs, ...fixed });
      return new VfleetClient(nats, timeoutMs);
    } catch (error) {
      const where = endpoint.servers.join(', ');
      if ((error as Error).name === 'AuthorizationError')
        throw new ApiError(403, 'FORBIDDEN', `the NATS server at ${where} refuses this user; check the credentials`);
      if (isAboutTls(error as NodeJS.ErrnoException))
        throw unavailable(
          `the NATS server at ${where} is not to be trusted (${(error as Error).message}); check the address and whose certificates are`,
        );
      throw unavailable(`no NATS server answers at ${where} (${(error as Error).message}); is it running, and is the address right?`);
    }
  }

  /** Asks a service. @throws ApiError with the service's status and code, or 503 `UNAVAILABLE` when none answers. */
  async request<Name extends ApiName>(name: Name, body: ApiRequest<Name> | Record<string, never> = {}): Promise<ApiReply<Name>> {
    const reply = await this.ask(`vfleet.api.${name}`, body);
    return reply as ApiReply<Name>;
  }

  /** As `request`, on any subject: a command to an agent, `vfleet.agent.h1.probe`. */
  async ask(subject: string, body: object = {}, timeoutMs: number = this.timeoutMs): Promise<unknown> {
    let reply: Msg;
    try {
      reply = await this.nats.request(subject, JSON.stringify(body), { timeout: timeoutMs });
    } catch (error) {
      throw toApiError(error, subject, timeoutMs);
    }
    return readReply(reply, subject);
  }

  /** Every item of a list, page after page; `body.limit` is the size of a page. */
  requestPages<Name extends PagedApi>(
    name: Name,
    body: ApiRequest<Name> | Record<string, never> = {},
  ): AsyncGenerator<ApiReply<Name>['items'][number], void> {
    type Item = ApiReply<Name>['items'][number];
    const ask = async (page: object): Promise<Page<Item>> => (await this.request(name, page as ApiRequest<Name>)) as Page<Item>;
    return pages(ask, body);
  }

  /** Publishes a fact and waits until JetStream has it: received, not decided. */
  async publishFact(
    subject: string,
    data: object,
    { msgId, traceparent }: PublishOptions = {},
  ): Promise<{ readonly sequence: number; readonly duplicate: boolean }> {
    const carried = traceparent === undefined ? undefined : headers();
    if (traceparent !== undefined) carried?.set('traceparent', traceparent);
    const acknowledged = await jetstream(this.nats).publish(subject, JSON.stringify(data), {
      timeout: this.timeoutMs,
      ...(msgId !== undefined && { msgID: msgId }),
      ...(carried && { headers: carried }),
    });
    return { sequence: acknowledged.seq, duplicate: acknowledged.duplicate };
  }

  /**
   * Events as they leave the journal, until the caller stops iterating. From a position on: in order, without a gap,
   * over reconnects. Without one the subscription stands as soon as this returns.
   */
  events({ subject = ALL_EVENTS, fromPosition }: EventOptions = {}): AsyncIterableIterator<CloudEvent> {
    return fromPosition === undefined ? eventsNow(this.nats, subject) : eventsFrom(this.nats, subject, fromPosition);
  }

  /** Position of the first event that was recorded at a time or later; one after the newest where there is none. */
  positionAt(time: Date): Promise<number> {
    return positionAt(this.nats, time);
  }

  /** Sends what is still to be sent, and disconnects. */
  async close(): Promise<void> {
    if (!this.nats.isClosed()) await this.nats.drain().catch(() => this.nats.close());
  }
}

const readReply = (reply: Msg, subject: string): unknown => {
  let body: unknown;
  try {
    body = reply.data.length > 0 ? reply.json() : {};
  } catch {
    throw new ApiError(502, 'BAD_REPLY', `${subject} answered something that is not JSON`);
  }
  const status = reply.headers?.get('Nats-Service-Error-Code');
  if (!status) return body;
  const { error } = (body ?? {}) as Partial<ApiErrorBody>;
  throw new ApiError(Number(status), error?.code ?? 'ERROR', error?.message ?? reply.headers?.get('Nats-Service-Error') ?? 'failed', error?.details);
};

const toApiError = (error: unknown, subject: string, timeoutMs: number): Error => {
  const timedOut = error instanceof TimeoutError || (error as Error)?.cause instanceof TimeoutError;
  if (error instanceof RequestError && error.isNoResponders()) return unavailable(`nothing answers ${subject}; is the service that owns it running?`);
  if (timedOut)
    return unavailable(`${subject} gave no answer within ${timeoutMs} ms; whether it was carried out is unknown, ask before you repeat it`);
  if (/permissions violation/i.test((error as Error).message)) return new ApiError(403, 'FORBIDDEN', `this user may not send to ${subject}`);
  return unavailable(`${subject} could not be asked: ${(error as Error).message}; is the NATS server reachable?`);
};
