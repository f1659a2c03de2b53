import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, headers as natsHeaders, type NatsConnection } from '@nats-io/transport-node';
import { MAX_MESSAGE_BYTES, parseNatsUrl } from '@vfleet/contracts';
import { freePort } from '@vfleet/embedded';
import { aNatsServer, type TestNats } from '@vfleet/testing';
import { aDashboard, BEARER, untilOnTheBus, type DashboardUnderTest } from '../../spec/dashboard.js';
import { ask, type Answered } from '../../spec/http.js';
import { ACCESS } from './api-access.js';

const NO_DATABASE = 'postgres://nobody@127.0.0.1:1/none';

let server: TestNats;
let service: NatsConnection;
let dashboard: DashboardUnderTest;
/** What reached the services, by subject. */
const reached: string[] = [];

const post = (name: string, body = '{}', headers: Record<string, string> = {}): Promise<Answered> =>
  ask(dashboard.at(`/api/${name}`), { method: 'POST', body, headers });

const refusal = async (answer: Promise<Answered>): Promise<string> => {
  const { status, json } = await answer;
  return `${status} ${(json() as { error: { code: string } }).error.code}`;
};

const named = (access: string): string[] =>
  Object.entries(ACCESS)
    .filter(([, one]) => one === access)
    .map(([name]) => name);

beforeAll(async () => {
  server = await aNatsServer();
  service = await connect(parseNatsUrl(server.url));
  service.subscribe('vfleet.api.>', {
    callback: (_, message) => {
      reached.push(message.subject);
      if (message.subject === 'vfleet.api.hosts.tree') return;
      if (message.subject === 'vfleet.api.devices.get') {
        const headers = natsHeaders();
        headers.set('Nats-Service-Error-Code', '404');
        message.respond('{"error":{"code":"DEVICE_NOT_FOUND","message":"none","details":{"n":1}}}', { headers });
      } else message.respond(`{"heard":${message.string() || '{}'}}`);
    },
  });
  await service.flush();
  dashboard = await aDashboard({ natsUrl: server.url, pgUrl: NO_DATABASE });
  await untilOnTheBus(dashboard);
});

afterAll(async () => {
  await dashboard.close();
  await service.close();
  await server.close();
});

describe('a request of the contract by HTTP', () => {
  it('reaches its service as it is, and so does the reply its asker', async () => {
    const { status, headers, json } = await post('devices.list', '{"filter":{"name":"<img onerror=x>"},"limit":3}');
    expect([status, json()]).toEqual([200, { heard: { filter: { name: '<img onerror=x>' }, limit: 3 } }]);
    expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  });

  it('may have an empty body', async () => {
    expect((await post('system.status', '')).json()).toEqual({ heard: {} });
  });

  it('is refused with the status and the body of the service', async () => {
    const { status, json } = await post('devices.get');
    expect([status, json()]).toEqual([404, { error: { code: 'DEVICE_NOT_FOUND', message: 'none', details: { n: 1 } } }]);
  });

  it.each(['devices.nothing', 'agent.h1', 'toString', '__proto__', 'devices.list.more', '*', '>'])(
    'that is none, %s, is 404 and reaches nobody',
    async (name) => {
      const before = reached.length;
      expect(await refusal(post(encodeURIComponent(name), '{}', BEARER))).toBe('404 NOT_FOUND');
      expect(reached).toHaveLength(before);
    },
  );

  it('cannot be made by GET', async () => {
    expect((await ask(dashboard.at('/api/devices.list'))).status).toBe(404);
  });

  it('is refused when it is larger than the bus takes', async () => {
    expect(await refusal(post('devices.list', `{"where":"${'x'.repeat(MAX_MESSAGE_BYTES)}"}`))).toBe('400 INVALID_REQUEST');
  });
});

describe('acting', () => {
  it.each(named('acts'))('by %s needs the token', async (name) => {
    const before = reached.length;
    const unknown = await post(name);
    expect(unknown.status).toBe(401);
    expect(unknown.headers['www-authenticate']).toBe('Bearer');
    expect(await refusal(post(name))).toBe('401 TOKEN_REQUIRED');
    for (const wrong of ['Bearer wrong', 'Bearer a-token-that-nobody-guesse', 'Bearer a-token-that-nobody-guessess'])
      expect(await refusal(post(name, '{}', { authorization: wrong }))).toBe('403 FORBIDDEN');
    expect(await refusal(post(name, '{}', { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` }))).toBe('401 TOKEN_REQUIRED');
    expect(reached).toHaveLength(before);
    expect((await post(name, '{}', BEARER)).status).toBe(200);
    expect(reached.at(-1)).toBe(`vfleet.api.${name}`);
  });

  it.each(named('acts unless dryRun'))('by %s needs the token, trying it needs none', async (name) => {
    expect((await post(name, '{"dryRun":true}')).status).toBe(200);
    for (const body of [
      '{}',
      '{"dryRun":false}',
      '{"dryRun":"true"}',
      '{"dryRun":1}',
      '[{"dryRun":true}]',
      'null',
      'dryRun',
      '{"x":{"dryRun":true}}',
    ])
      expect(await refusal(post(name, body))).toBe('401 TOKEN_REQUIRED');
    expect(await refusal(post(name, '{"dryRun":true,"dryRun":false}'))).toBe('401 TOKEN_REQUIRED');
    expect((await post(name, '{}', BEARER)).status).toBe(200);
  });

  it('is for nobody where there is no token', async () => {
    const closed = await aDashboard({ natsUrl: server.url, pgUrl: NO_DATABASE }, { token: undefined });
    expect(await refusal(ask(closed.at('/api/devices.cordon'), { method: 'POST', headers: BEARER }))).toBe('403 FORBIDDEN');
    await closed.close();
  });
});

describe('reading', () => {
  it.each(named('reads').filter((name) => name !== 'hosts.tree' && name !== 'devices.get'))(
    'by %s needs no token where it is open to all',
    async (name) => {
      expect((await post(name)).status).toBe(200);
    },
  );

  it.each(['/api/fleet', '/api/capacity', '/api/networks', '/api/networks/n/hosts', '/api/devices.csv', '/live', '/live/changes'])(
    'of %s needs the token where it is not',
    async (path) => {
      const closed = await aDashboard({ natsUrl: server.url, pgUrl: NO_DATABASE }, { readWithoutToken: false });
      expect(await refusal(ask(closed.at(path)))).toBe('401 TOKEN_REQUIRED');
      expect(await refusal(ask(closed.at('/api/devices.list'), { method: 'POST' }))).toBe('401 TOKEN_REQUIRED');
      expect(await refusal(ask(closed.at('/api/hosts.drain'), { method: 'POST', body: '{"dryRun":true}' }))).toBe('401 TOKEN_REQUIRED');
      expect((await ask(closed.at('/health/live'))).status).toBe(200);
      await closed.close();
    },
  );
});

describe('a page of another site', () => {
  it.each(['http://evil.example', 'https://127.0.0.1', 'http://127.0.0.1:1', 'null'])('from %s is refused', async (origin) => {
    expect(await refusal(post('devices.list', '{}', { origin, ...BEARER }))).toBe('403 FORBIDDEN');
    expect(await refusal(ask(dashboard.at('/live'), { headers: { origin } }))).toBe('403 FORBIDDEN');
  });

  it.each(['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1'])(
    'under the name %s is refused',
    async (host) => {
      expect(await refusal(post('devices.list', '{}', { host }))).toBe('403 FORBIDDEN');
      expect(await refusal(ask(dashboard.at('/'), { headers: { host } }))).toBe('403 FORBIDDEN');
    },
  );

  it('is let in under its own name, and under what was configured', async () => {
    const { port } = new URL(dashboard.url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`])
      expect((await post('devices.list', '{}', { host, origin: `http://${host}` })).status).toBe(200);
    const known = await aDashboard({ natsUrl: server.url, pgUrl: NO_DATABASE }, { origins: ['https://vfleet.example.org'] });
    await untilOnTheBus(known);
    const headers = { host: 'vfleet.example.org', origin: 'https://vfleet.example.org' };
    expect((await ask(known.at('/api/devices.list'), { method: 'POST', headers })).status).toBe(200);
    const other = { host: 'vfleet.example.org', origin: 'https://evil.example' };
    expect((await ask(known.at('/api/devices.list'), { method: 'POST', headers: other })).status).toBe(403);
    await known.close();
  });
});

describe('every answer', () => {
  it.each(['/', '/api/none', '/health/live', '/assets/none.js'])('of %s says what its page may do', async (path) => {
    const { headers } = await ask(dashboard.at(path));
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]),
    );
    expect(policy.join()).not.toMatch(/unsafe|\*|data:|https?:/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a dashboard whose servers are away', () => {
  it('stays up and says so', async () => {
    const alone = await aDashboard({ natsUrl: `nats://127.0.0.1:${await freePort()}`, pgUrl: NO_DATABASE });
    expect((await ask(alone.at('/health/live'))).status).toBe(200);
    const ready = await ask(alone.at('/health/ready'));
    expect([ready.status, ready.json()]).toEqual([503, { ready: false, nats: false, postgresql: false }]);
    for (const path of ['/api/fleet', '/api/capacity', '/api/networks', '/api/devices.csv'])
      expect(await refusal(ask(alone.at(path)))).toBe('503 UNAVAILABLE');
    expect(await refusal(ask(alone.at('/api/devices.list'), { method: 'POST' }))).toBe('503 UNAVAILABLE');
    await alone.close();
  });

  it('says 503 where NATS is there and nobody answers', async () => {
    const other = await aNatsServer();
    const alone = await aDashboard({ natsUrl: other.url, pgUrl: NO_DATABASE });
    await untilOnTheBus(alone);
    expect(await refusal(ask(alone.at('/api/devices.list'), { method: 'POST' }))).toBe('503 UNAVAILABLE');
    await alone.close();
    await other.close();
  });
});
