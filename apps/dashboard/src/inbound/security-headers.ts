import type { IncomingMessage, ServerResponse } from 'node:http';

/** The page's own files and its own server, and nothing else: no inline script or style, no frame around it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** Puts the headers on every answer that keep a page from doing what it was not made for. */
export const securityHeaders = (_request: IncomingMessage, response: ServerResponse, next: () => void): void => {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  next();
};
