import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Health } from './health.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';

export interface EndpointOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly log: Log;
}

export interface Endpoint {
  readonly close: () => Promise<void>;
}

const RETRY_MS = 5_000;
const REQUEST_WITHIN_MS = 10_000;
const TEXT = 'text/plain; charset=utf-8';

/**
 * Serves `/metrics`, `/health/live` and `/health/ready`. A port that somebody else has stops no service: that is told, and
 * the port is tried again.
 */
export const serveTelemetry = ({ host, port, metrics, health, log }: EndpointOptions): Endpoint => {
  const server = createServer((request, response) => void answer(request, response, { metrics, health }));
  server.requestTimeout = REQUEST_WITHIN_MS;
  server.headersTimeout = REQUEST_WITHIN_MS;
  server.unref();
  let retry: NodeJS.Timeout | undefined;
  const listen = (): Server => server.listen(port, host);
  server.on('listening', () => log('info', 'metrics and health are served', { host, port: (server.address() as AddressInfo).port }));
  server.on('error', (error) => {
    log('error', 'metrics and health cannot be served, trying again', { host, port, error: error.message });
    retry = setTimeout(listen, RETRY_MS).unref();
  });
  listen();
  const close = (): Promise<void> => {
    clearTimeout(retry);
    server.closeAllConnections();
    return new Promise((resolve) => void server.close(() => resolve()));
  };
  return { close };
};

interface Sources {
  readonly metrics: Metrics;
  readonly health: Health;
}

const answer = async ({ method, url = '' }: IncomingMessage, response: ServerResponse, { metrics, health }: Sources): Promise<void> => {
  const say = (status: number, type: string, body: string): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    response.end(method === 'HEAD' ? undefined : body);
  };
  const sayJson = (status: number, body: object): void => say(status, 'application/json', JSON.stringify(body));
  if (method !== 'GET' && method !== 'HEAD') return say(405, TEXT, 'GET only\n');
  switch (url.split('?')[0]) {
    case '/metrics':
      return say(200, metrics.contentType, await metrics.exposition());
    case '/health/live':
      return sayJson(200, { live: true });
    case '/health/ready': {
      const readiness = await health.readiness();
      return sayJson(readiness.ready ? 200 : 503, readiness);
    }
    default:
      return say(404, TEXT, '/metrics, /health/live and /health/ready are here\n');
  }
};
