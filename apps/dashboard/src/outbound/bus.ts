import { RequestError, TimeoutError, type NatsConnection } from '@nats-io/transport-node';
import { ApiError, unavailable, type ApiErrorBody, type ApiName, type ApiReply } from '@vfleet/contracts';
import { connectNats, type Log } from '@vfleet/messaging';
import { busOf, type ServiceConfig } from '@vfleet/service-kit';

/** A reply as it came: its HTTP-like status, and its bytes. */
export interface BusReply {
  readonly status: number;
  readonly body: Uint8Array;
}

const OK = 200;
const ASK_MS = 15_000;
const RETRY_MS = 500;

/** The connection to NATS. It may be away: then requests are refused at once, and nobody waits. */
export class Bus {
  private nats: NatsConnection | undefined;
  private away = true;
  private closed = false;

  constructor(
    private readonly config: Pick<ServiceConfig, 'natsUrl' | 'natsIdentity'>,
    private readonly log: Log,
  ) {}

  /** Connects, and goes on trying until there is a connection, or it is closed: then it resolves with none. */
  async open(): Promise<NatsConnection | undefined> {
    for (let told = false; !this.closed; told = true) {
      try {
        const nats = await connectNats({ ...busOf('dashboard', this.config), waitForServer: false });
        return this.use(nats);
      } catch (error) {
        if (!told) this.log('warn', 'NATS cannot be reached', { error: (error as Error).message });
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    return undefined;
  }

  get isConnected(): boolean {
    return !this.away;
  }

  /** Passes a request on, its body and the reply's as they are. @throws ApiError 503 */
  async request(subject: string, body: Uint8Array, timeoutMs: number): Promise<BusReply> {
    if (!this.nats || this.away) throw unavailable('the message bus cannot be reached; try again');
    try {
      const { data, headers } = await this.nats.request(subject, body, { timeout: timeoutMs });
      return { status: Number(headers?.get('Nats-Service-Error-Code') || OK), body: data };
    } catch (error) {
      if (error instanceof TimeoutError) throw unavailable(`${subject} does not answer in time`);
      if (error instanceof RequestError && error.isNoResponders()) throw unavailable(`nobody answers ${subject}`);
      throw unavailable('the message bus cannot be reached; try again');
    }
  }

  /** Asks as a program does, JSON to JSON. @throws ApiError with the service's status and code, or 503 */
  async ask<Name extends ApiName>(name: Name, body: object): Promise<ApiReply<Name>> {
    const reply = await this.request(`vfleet.api.${name}`, Buffer.from(JSON.stringify(body)), ASK_MS);
    const answer = JSON.parse(Buffer.from(reply.body).toString()) as ApiReply<Name> | ApiErrorBody;
    if ('error' in answer) throw new ApiError(reply.status, answer.error.code, answer.error.message, answer.error.details);
    return answer;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.nats?.close();
  }

  private async use(nats: NatsConnection): Promise<NatsConnection | undefined> {
    if (this.closed) {
      await nats.close();
      return undefined;
    }
    this.nats = nats;
    this.away = false;
    void this.watch(nats);
    return nats;
  }

  private async watch(nats: NatsConnection): Promise<void> {
    for await (const { type } of nats.status()) {
      if (type === 'disconnect') this.away = true;
      if (type === 'reconnect') this.away = false;
      if (type === 'disconnect' || type === 'reconnect') this.log('info', 'the connection to NATS has changed', { type });
    }
    this.away = true;
  }
}
