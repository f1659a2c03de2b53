import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

const HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
const HEARTBEAT_MS = 15_000;
const SLOW_MS = 10_000;
/** How soon a page comes back that was cut off. */
const RETRY_MS = 1_000;

/** A stream of server-sent events to one page. Nothing is kept for it but what it is being sent. */
export class PageStream {
  private readonly leaving = new AbortController();
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {
    request.socket.setNoDelay(true);
    response.writeHead(200, HEADERS).flushHeaders();
    response.write(`retry: ${RETRY_MS}\n\n`);
    response.once('close', () => this.leaving.abort());
    this.heartbeat = setInterval(() => response.writableNeedDrain || response.write(': \n\n'), HEARTBEAT_MS);
    this.left.addEventListener('abort', () => clearInterval(this.heartbeat), { once: true });
  }

  /** Aborted when the page has gone, or was cut off. */
  get left(): AbortSignal {
    return this.leaving.signal;
  }

  /** A small thing said beside the events. */
  say(event: string, id: number, data: object): Promise<void> {
    return this.write(Buffer.from(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`));
  }

  /** Resolves when the page may be sent more. One that has not taken it in time, or before it is too late, is cut off. */
  async write(bytes: Uint8Array, tooLate?: AbortSignal): Promise<void> {
    if (this.left.aborted || this.response.write(bytes)) return;
    const signal = AbortSignal.any([this.left, AbortSignal.timeout(SLOW_MS), ...(tooLate ? [tooLate] : [])]);
    await once(this.response, 'drain', { signal }).catch(() => this.cutOff());
  }

  /** It comes back and says where it was. */
  cutOff(): void {
    this.response.destroy();
    this.leaving.abort();
  }
}
