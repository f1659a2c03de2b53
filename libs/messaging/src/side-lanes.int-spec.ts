import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Controller, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { aNatsServer, until, type TestNats } from '@vfleet/testing';
import { FactsTransport, OnFact, PassThroughFilter, ensureStream, type FactsTransportOptions, type InboundFact } from './index.js';

const BURST = 10;
const LOUD = 120;
/** So slowly that a stream that takes all of them within seconds has them beyond their share. */
const PER_SECOND = 50;
/** Fewer than a lane takes at once, and fewer than a flood. */
const MAX_IN_FLIGHT = 20;
const STREAM = { name: 'LANES_IN', subjects: ['lanes.in.>'], maxAgeMs: 3_600_000, duplicateWindowMs: 1_000 };

const seen = new Map<string, number[]>();
/** What keeps facts of the loud source beyond its share at work. */
let gate: Promise<void> = Promise.resolve();
let release = (): void => undefined;

@Controller()
class LanesController {
  @OnFact('lanes.in.*')
  async take({ fact: n, message }: InboundFact<number>): Promise<void> {
    const source = message.subject.slice('lanes.in.'.length);
    seen.set(source, [...(seen.get(source) ?? []), n]);
    if (source === 'loud' && n >= BURST) await gate;
  }
}

let bus: TestNats;
let raw: NatsConnection;
let delayed = 0;
let durable = '';
let runs = 0;
const apps: INestApplication[] = [];

const open = (): Promise<NatsConnection> => {
  const { username, password, host } = new URL(bus.url);
  return connect({ servers: host, user: username, pass: decodeURIComponent(password), maxReconnectAttempts: -1, reconnectTimeWait: 50 });
};

const start = async (nats: NatsConnection, generation: number): Promise<void> => {
  const fairness: FactsTransportOptions['fairness'] = {
    sourceOf: (subject) => subject.split('.')[2],
    subjectsOf: (source) => `lanes.in.${source}`,
    burst: BURST,
    perSecond: PER_SECOND,
    onDelayed: () => (delayed += 1),
  };
  const strategy = new FactsTransport({
    nats,
    stream: STREAM,
    durable,
    generation,
    fairness,
    maxInFlight: MAX_IN_FLIGHT,
    decode: ({ payload }) => Number(new TextDecoder().decode(payload)),
    isHopeless: () => false,
    deadLetter: () => Promise.resolve(),
    log: () => undefined,
  });
  const app = await NestFactory.create({ module: class Lanes {}, controllers: [LanesController] }, { logger: false });
  app.useGlobalFilters(new PassThroughFilter());
  await app.init();
  app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  apps.push(app);
};

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);
const shut = (): void => void (gate = new Promise((resolve) => (release = resolve)));
const publish = (source: string, n: number): Promise<unknown> => jetstream(raw).publish(`lanes.in.${source}`, String(n));
const flood = (): Promise<unknown> => Promise.all(numbers(LOUD).map((n) => publish('loud', n)));
const consumers = async (): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { name } of (await jetstreamManager(raw)).consumers.list(STREAM.name)) if (name.startsWith(`${durable}-`)) names.push(name);
  return names;
};

beforeAll(async () => {
  bus = await aNatsServer();
  raw = await open();
});

beforeEach(async () => {
  const manager = await jetstreamManager(raw);
  await manager.streams.delete(STREAM.name).catch(() => undefined);
  await ensureStream(manager, STREAM);
  seen.clear();
  delayed = 0;
  gate = Promise.resolve();
  durable = `spec${(runs += 1)}`;
});

afterEach(async () => {
  release();
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

afterAll(async () => {
  await raw.close();
  await bus.close();
});

describe('a source that tells more than its share', () => {
  it('holds up nobody else, though what it told is not done', async () => {
    shut();
    await start(raw, 1);
    await flood();
    await publish('calm', 0);
    await until('the calm source to be heard', () => seen.get('calm')?.length === 1);
    expect(seen.get('loud')?.length).toBeLessThan(LOUD);
    release();
    await until('the loud source to be heard', () => seen.get('loud')?.includes(LOUD - 1));
  });

  it('is heard to the end, in its order, and counted', async () => {
    await start(raw, 1);
    await flood();
    await until('everything to be heard', () => seen.get('loud')?.length === LOUD);
    expect(seen.get('loud')).toEqual(numbers(LOUD));
    expect(delayed).toBeGreaterThan(0);
  });

  it('is read with all others again once it has been heard', async () => {
    await start(raw, 1);
    await flood();
    await until('its lane to be closed', async () => seen.get('loud')?.length === LOUD && (await consumers()).join() === `${durable}-1`);
    await publish('loud', LOUD);
    await until('one more to be heard', () => seen.get('loud')?.includes(LOUD));
    expect(seen.get('loud')).toEqual(numbers(LOUD + 1));
  });

  it('is heard to the end by the next owner, where the one before has ended in the midst of it', async () => {
    const first = await open();
    shut();
    await start(first, 1);
    await flood();
    await until('its lane to be read', async () => (seen.get('loud')?.length ?? 0) > BURST && (await consumers()).length === 2);
    await first.close();
    release();
    await start(raw, 2);
    await until('everything to be heard', () => new Set(seen.get('loud')).size === LOUD);
    await until('its lane to be closed', async () => (await consumers()).join() === `${durable}-2`);
  });
});
