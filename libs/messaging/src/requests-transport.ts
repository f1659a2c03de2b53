import { Svcm, type Service, type ServiceMsg } from '@nats-io/services';
import type { NatsConnection } from '@nats-io/transport-node';
import { BaseRpcContext, Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { answeringAt, type MayAnswerAt } from './answering.js';
import type { Log } from './log.js';

/** Marks handlers of the request/reply transport: `@MessagePattern(subject, REQUESTS)`. */
export const REQUESTS = Symbol('vfleet.requests');

export class RequestContext extends BaseRpcContext<[ServiceMsg]> {
  get message(): ServiceMsg {
    return this.getArgByIndex(0);
  }
}

/** What an error reply says: HTTP-like status and description go into the headers, the body stays JSON. */
export interface ErrorReply {
  readonly status: number;
  readonly description: string;
  readonly body: unknown;
}

/** Hears how one request is handled, for whoever measures and traces. */
export interface RequestHandling {
  /** Runs what is done for it. */
  readonly run: <Result>(work: () => Result) => Result;
  /** It is answered; `refusal`: with an error. */
  readonly end: (refusal?: ErrorReply) => void;
}

export interface RequestsTransportOptions {
  readonly nats: NatsConnection;
  /** The micro service's name, `vfleet-inventory`; instances of one name share its queue group unless they name another. */
  readonly name: string;
  /** Name of the queue group where it is not the service's: an owner's own, so that a predecessor that hangs takes no requests from it. */
  readonly queue?: string;
  /** Asked before each request; what it throws is answered, and as long as it waits nothing is. Undefined: go on at once. */
  readonly admit?: () => Promise<void> | undefined;
  /** Semantic version. */
  readonly version: string;
  readonly description: string;
  /** Bytes of a body to what handlers get. */
  readonly decode: (payload: Uint8Array) => unknown;
  readonly toErrorReply: (error: unknown) => ErrorReply;
  /** Answered to a request that finds too many at work. */
  readonly busy: () => unknown;
  /** Who wants an answer elsewhere gets none, and nothing is done. */
  readonly mayAnswerAt: MayAnswerAt;
  /** Shown in the service's statistics. */
  readonly status: () => object;
  /** Called with each request before it is handled: its endpoint's subject, and the W3C trace context that it carries. */
  readonly observe?: (subject: string, traceparent: string | undefined) => RequestHandling;
  readonly log: Log;
  /** Requests at work at once; more are refused. */
  readonly maxInFlight?: number;
}

const MAX_IN_FLIGHT = 4_096;

/** Nest transport for request/reply: `@MessagePattern` subjects as endpoints of a NATS micro service, plain JSON in and out. */
export class RequestsTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = REQUESTS;
  private service: Service | undefined;
  private readonly inFlight = new Set<Promise<void>>();

  constructor(private readonly options: RequestsTransportOptions) {
    super();
  }

  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      const { name, queue = name, version, description, status, mayAnswerAt, log } = this.options;
      const nats = answeringAt(this.options.nats, mayAnswerAt, log);
      this.service = await new Svcm(nats).add({ name, version, description, queue, statsHandler: () => Promise.resolve(status()) });
      for (const [subject, handler] of this.messageHandlers) this.serve(this.service, subject, handler);
      await nats.flush();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  async close(): Promise<void> {
    await this.service?.stop();
    await Promise.allSettled(this.inFlight);
  }

  on(): void {
    // No events of its own.
  }

  unwrap<T>(): T {
    return this.service as T;
  }

  private serve(service: Service, subject: string, handler: MessageHandler): void {
    const { maxInFlight = MAX_IN_FLIGHT } = this.options;
    service.addEndpoint(endpointName(subject), {
      subject,
      handler: (error, message) => {
        if (error) return;
        const handling = this.options.observe?.(subject, message.headers?.get('traceparent') || undefined);
        if (this.inFlight.size >= maxInFlight) return handling?.end(this.refuse(message, this.options.busy()));
        const answer = (): Promise<ErrorReply | undefined> => this.answer(message, handler);
        const work = (handling ? handling.run(answer) : answer()).then((refusal) => handling?.end(refusal));
        this.inFlight.add(work);
        void work.finally(() => this.inFlight.delete(work));
      },
    });
  }

  /** What it was answered, where that is an error. */
  private async answer(message: ServiceMsg, handler: MessageHandler): Promise<ErrorReply | undefined> {
    try {
      const admitted = this.options.admit?.();
      if (admitted) await admitted;
      const request = this.options.decode(message.data);
      const stream = this.transformToObservable(await handler(request, new RequestContext([message])));
      message.respond(JSON.stringify(await lastValueFrom(stream)));
      return undefined;
    } catch (error) {
      return this.refuse(message, error);
    }
  }

  private refuse(message: ServiceMsg, error: unknown): ErrorReply {
    const { log, toErrorReply } = this.options;
    const reply = toErrorReply(error);
    if (reply.status >= 500) log('error', 'a request failed', { subject: message.subject, error: (error as Error)?.stack });
    try {
      return sendRefusal(message, reply);
    } catch (unsendable) {
      return this.giveUp(message, unsendable);
    }
  }

  /** The bus takes no refusal that large, or is gone: what could not be said is no reason for the service to end. */
  private giveUp(message: ServiceMsg, unsendable: unknown): ErrorReply {
    const { log, toErrorReply } = this.options;
    const reply = toErrorReply(unsendable);
    log('error', 'a refusal could not be sent', { subject: message.subject, error: (unsendable as Error).message });
    try {
      return sendRefusal(message, reply);
    } catch {
      return reply;
    }
  }
}

const sendRefusal = (message: ServiceMsg, reply: ErrorReply): ErrorReply => {
  // Header values end at the line: a description never carries one.
  message.respondError(reply.status, reply.description.replace(/[\r\n]+/g, ' '), JSON.stringify(reply.body));
  return reply;
};

/** Endpoint names are one token: `devices-list` for `vfleet.api.devices.list`, `tenant-vms-get` for `vfleet.tenant.*.api.vms.get`. */
const endpointName = (subject: string): string => {
  const words = subject.split('.');
  const whose = words[words.indexOf('*') - 1];
  return [...(whose === undefined ? [] : [whose]), ...words.slice(-2)].join('-');
};
