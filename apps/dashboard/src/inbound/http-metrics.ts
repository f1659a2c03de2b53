import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from '@vfleet/telemetry';

/** First parts of paths that the dashboard answers; every other path is the page's, and anybody may make one up. */
const ROUTES: ReadonlySet<string> = new Set(['api', 'live', 'health', 'assets']);
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST']);
const MS_PER_SECOND = 1_000;

/** Counts and times every answer. */
export const httpMetrics = (metrics: Metrics): ((request: IncomingMessage, response: ServerResponse, next: () => void) => void) => {
  let open = 0;
  metrics.gauge('vfleet_http_requests_open', () => open);
  return ({ method = '', url = '' }, response, next) => {
    const began = performance.now();
    const [, first = ''] = (url.split('?')[0] ?? '').split('/');
    const route = ROUTES.has(first) ? first : 'other';
    open += 1;
    response.once('close', () => {
      open -= 1;
      metrics.observe('vfleet_http_request_duration_seconds', { route }, (performance.now() - began) / MS_PER_SECOND);
      metrics.count('vfleet_http_requests_total', { method: METHODS.has(method) ? method : 'other', route, status: String(response.statusCode) });
    });
    next();
  };
};
