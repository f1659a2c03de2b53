import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { aFolder, aNatsServer } from '@vfleet/testing';
import { StandIn, type Ended } from '../spec/stand-in.js';
import { aTlsServer, type TlsServer } from '../spec/tls-server.js';
import { EXIT } from './exit-codes.js';
import { NO_PAINT } from './render/paint.js';
import { run } from './run.js';

/** A server that does not want a client says so by silence. */
const SILENCE_SECONDS = 3;

let server: TlsServer;
let strict: TlsServer;
let other: TlsServer;
let services: readonly NatsConnection[];
let home: string;

beforeAll(async () => {
  [server, strict, other] = await Promise.all([
    aTlsServer({ hosts: ['localhost'] }),
    aTlsServer({ hosts: ['localhost', '127.0.0.1'], verifiesClients: true }),
    aTlsServer({ hosts: ['localhost'] }),
  ]);
  const { cert, key } = strict.aClient('service');
  services = await Promise.all([
    connect({ servers: `localhost:${server.port}`, tls: { caFile: server.ca } }),
    connect({ servers: `localhost:${strict.port}`, tls: { caFile: strict.ca, certFile: cert, keyFile: key } }),
  ]);
  const standIns = services.map((service) => new StandIn(service));
  expect(standIns).toHaveLength(2);
  await Promise.all(services.map((service) => service.flush()));
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.close()));
  await Promise.all([server, strict, other].map((one) => one.close()));
});
beforeEach(() => {
  home = aFolder('home');
});

const vfleet = async (words: string): Promise<Ended> => {
  const said = { out: '', note: '' };
  const code = await run(words.split(' '), {
    out: (text) => void (said.out += text),
    note: (text) => void (said.note += text),
    paint: NO_PAINT,
    environment: { XDG_CONFIG_HOME: home },
    stopped: new AbortController().signal,
  });
  return { code, ...said };
};

/** Keeps a context as an operator does, and asks by it for the hosts. */
const askBy = async (context: string, timeoutSeconds = 30): Promise<Ended> => {
  expect(await vfleet(`context set lab ${context}`)).toMatchObject({ code: EXIT.done });
  return vfleet(`--context lab --timeout ${timeoutSeconds} hosts ls -o name`);
};

const ANSWERED = { code: EXIT.done, out: 'h1\n', note: '' };

describe('a server that speaks TLS', () => {
  it('answers one who trusts the authority that its certificate is of', async () => {
    expect(await askBy(`--server tls://localhost:${server.port} --ca ${server.ca}`)).toEqual(ANSWERED);
  });

  it.each<[string, () => string, RegExp]>([
    ['by one who trusts another authority', () => `tls://localhost:${server.port} --ca ${other.ca}`, /signature/],
    ['by one who is told of no authority', () => `tls://localhost:${server.port}`, /unable to verify/],
    ['by one whose address does not ask for TLS', () => `nats://localhost:${server.port}`, /unable to verify/],
    ['under an address that its certificate does not have', () => `tls://127.0.0.1:${server.port} --ca ${server.ca}`, /127\.0\.0\.1/],
  ])('is not spoken to %s', async (_, given, why) => {
    const { code, out, note } = await askBy(`--server ${given()}`);
    expect({ code, out }).toEqual({ code: EXIT.unreachable, out: '' });
    expect(note).toMatch(/^vfleet: the NATS server at (tls|nats):\S+ is not to be trusted \(.+\); check the address and whose certificates are/);
    expect(note).toMatch(why);
  });
});

describe('a server that wants to know its clients', () => {
  it('hears one with a certificate, also under an address that its own certificate has', async () => {
    const { cert, key } = strict.aClient('operator');
    expect(await askBy(`--server tls://127.0.0.1:${strict.port} --ca ${strict.ca} --cert ${cert} --key ${key}`)).toEqual(ANSWERED);
  });

  it('does not hear one without, or with one of another authority', async () => {
    const { cert, key } = other.aClient('stranger');
    const given = `--server tls://localhost:${strict.port} --ca ${strict.ca}`;
    const refused = { code: EXIT.unreachable, out: '', note: expect.stringContaining('UNAVAILABLE') };
    expect(await askBy(given, SILENCE_SECONDS)).toEqual(refused);
    expect(await askBy(`${given} --cert ${cert} --key ${key}`, SILENCE_SECONDS)).toEqual(refused);
  });
});

describe('a server that speaks no TLS', () => {
  it('is told nothing by one who asks for it', async () => {
    const plain = await aNatsServer();
    const { code, note } = await askBy(`--server ${plain.url.replace('nats:', 'tls:')}`);
    await plain.close();
    expect(code).toBe(EXIT.unreachable);
    expect(note).toMatch(/is not to be trusted \(server does not support 'tls'\)/);
  });
});
