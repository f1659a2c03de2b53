import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from '@vfleet/contracts';
import { answerError } from './answer.js';

type Next = () => void;

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Refuses what comes from another site's page, and what comes under a name that is not ours: a foreign name that resolves
 * to our address (DNS rebinding) would make its pages look like ours.
 */
export const sameSite = (host: string, origins: readonly string[]) => {
  const names = new Set([...LOOPBACK, host.includes(':') ? `[${host}]` : host]);
  const configured = new Set(origins);
  const configuredHosts = new Set(origins.map((origin) => new URL(origin).host));
  return (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    const { host: asked = '', origin } = request.headers;
    const own = names.has(asked.replace(/:\d{1,5}$/, '').toLowerCase());
    if (!own && !configuredHosts.has(asked)) return answerError(response, forbidden(`${asked || 'no name'} is not a name of this dashboard`));
    if (origin !== undefined && origin !== `http://${asked}` && !configured.has(origin))
      return answerError(response, forbidden(`pages of ${origin} may not use this dashboard`));
    next();
  };
};

const forbidden = (what: string): ApiError => new ApiError(403, 'FORBIDDEN', `${what}; VFLEET_DASHBOARD_ORIGINS says which are allowed`);
