import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { openTelemetry, type Telemetry } from './telemetry.js';

let telemetry: Telemetry;
let said: { readonly msg: string; readonly port?: number }[] = [];
let heard: () => void = () => undefined;

afterEach(() => telemetry.close());

const opened = async (httpPort: number | null): Promise<void> => {
  said = [];
  const destination = {
    write: (line: string) => {
      said.push(JSON.parse(line));
      heard();
    },
  };
  telemetry = await openTelemetry({ service: 'allocator', version: '1.2.3', logLevel: 'info', destination, httpPort });
};
const toSay = async (message: string): Promise<number> => {
  for (;;) {
    const record = said.find(({ msg }) => msg === message);
    if (record) return record.port ?? 0;
    await new Promise<void>((resolve) => (heard = resolve));
  }
};
const get = async (port: number, path: string, method = 'GET'): Promise<{ status: number; body: string; type: string | null }> => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return { status: response.status, body: await response.text(), type: response.headers.get('content-type') };
};

describe('the endpoint of a service', () => {
  it('serves metrics as Prometheus reads them, those of the process too', async () => {
    await opened(0);
    const { status, body, type } = await get(await toSay('metrics and health are served'), '/metrics');
    expect({ status, type }).toEqual({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    expect(body).toContain('vfleet_build_info{service="allocator",version="1.2.3",commit=""} 1');
    expect(body).toContain('# TYPE vfleet_requests_total counter');
    expect(body).toMatch(/^process_resident_memory_bytes \d+$/m);
  });

  it('is live from the start, and ready once everything that the service needs is there; a standby is ready as well', async () => {
    await opened(0);
    const port = await toSay('metrics and health are served');
    expect(await get(port, '/health/live')).toMatchObject({ status: 200, body: '{"live":true}' });
    expect(await get(port, '/health/ready')).toMatchObject({ status: 503, body: '{"ready":false,"role":"starting","checks":{}}' });
    let nats = false;
    telemetry.health.needs('nats', () => nats);
    telemetry.health.role = 'standby';
    expect(JSON.parse((await get(port, '/health/ready')).body)).toEqual({ ready: false, role: 'standby', checks: { nats: false } });
    nats = true;
    expect(await get(port, '/health/ready')).toMatchObject({ status: 200, body: '{"ready":true,"role":"standby","checks":{"nats":true}}' });
    telemetry.health.needs('postgresql', () => Promise.reject(new Error('away')));
    expect((await get(port, '/health/ready')).status).toBe(503);
  });

  it('answers nothing else', async () => {
    await opened(0);
    const port = await toSay('metrics and health are served');
    expect((await get(port, '/')).status).toBe(404);
    expect((await get(port, '/metrics', 'POST')).status).toBe(405);
  });

  it('says when its port is taken, and stops no service for that', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    await opened((other.address() as AddressInfo).port);
    await toSay('metrics and health cannot be served, trying again');
    other.close();
    expect(telemetry.health.role).toBe('starting');
  });

  it('is not there where no port was given', async () => {
    await opened(null);
    expect(said).toEqual([]);
  });
});
