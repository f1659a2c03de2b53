import { describe, expect, it } from '@jest/globals';
import { parseNatsUrl } from './endpoint.js';

describe('the address of a NATS server', () => {
  it.each([
    ['nats://127.0.0.1:4222', { servers: ['nats://127.0.0.1:4222'] }],
    ['127.0.0.1:4222', { servers: ['nats://127.0.0.1:4222'] }],
    ['nats://me:p%40ss@h1:4222,nats://h2:4222', { servers: ['nats://h1:4222', 'nats://h2:4222'], user: 'me', pass: 'p@ss' }],
    ['nats://secret@h1:4222', { servers: ['nats://h1:4222'], token: 'secret' }],
    ['tls://[::1]:4222', { servers: ['tls://[::1]:4222'], tls: { host: '::1' } }],
    ['tls://10.0.0.5,tls://10.0.0.6', { servers: ['tls://10.0.0.5', 'tls://10.0.0.6'], tls: { host: '10.0.0.5' } }],
    ['nats://h1,tls://h2', { servers: ['nats://h1', 'tls://h2'], tls: {} }],
  ])('%s comes apart into servers and credentials', (url, endpoint) => {
    expect(parseNatsUrl(url)).toEqual(endpoint);
  });
});
