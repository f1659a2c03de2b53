import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { Controller, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { aNatsServer, until, type TestNats } from '@vfleet/testing';
import {
  FactsTransport,
  OnFact,
  PassThroughFilter,
  REQUESTS,
  RequestsTransport,
  announceStandby,
  ensureStream,
  type FactsTransportOptions,
  type InboundFact,
  type InboundMessage,
  type RequestsTransportOptions,
} from './index.js';

class Hopeless extends Error {}
class Refused extends Error {}

const STREAM = { name: 'SPEC_IN', subjects: ['spec.in.>'], maxAgeMs: 3_600_000, duplicateWindowMs: 1_000 };

/** Where a service of these specs may not answer: into its own stream. */
const mayAnswerAt = (reply: string): boolean => !reply.startsWith('spec.in.');

/** What the handlers below have seen, and how they behave. */
const seen: string[] = [];
/** How facts were handled, as an observer hears of it. */
const observed: string[] = [];
const letters: { readonly message: InboundMessage; readonly error: unknown }[] = [];
let failures = 0;
let gate: Promise<void> = Promise.resolve();

@Controller()
class SpecController {
  @OnFact('spec.in.host.*')
  async host({ fact, message }: InboundFact<{ n: number }>): Promise<void> {
    seen.push(`${message.subject.split('.').pop()} ${fact.n}`);
    await gate;
  }

  @OnFact('spec.in.vm.*')
  async vm({ fact, message }: InboundFact<{ n: number }>): Promise<void> {
    seen.push(`${message.subject.split('.').pop()} ${fact.n}`);
    await gate;
  }

  @OnFact('spec.in.shaky.>')
  shaky({ fact }: InboundFact<{ n: number }>): Promise<void> {
    seen.push(`attempt ${fact.n}`);
    return (failures -= 1) >= 0 ? Promise.reject(new Error('not now')) : Promise.resolve();
  }

  @OnFact('few.in.*')
  few(): Promise<void> {
    return gate;
  }

  @MessagePattern('spec.api.echo', REQUESTS)
  echo(@Payload() body: object): object {
    return { got: body };
  }

  @MessagePattern('spec.api.much', REQUESTS)
  much(@Payload() { says }: { readonly says: 'reply' | 'refusal' }): object {
    const much = 'x'.repeat(2 * 1024 * 1024);
    if (says === 'refusal') throw new Refused(much);
    return { much };
  }

  @MessagePattern('spec.api.refuse', REQUESTS)
  refuse(): never {
    throw new Refused('two\nlines');
  }
}

let bus: TestNats;
let raw: NatsConnection;
let nats: NatsConnection;
const apps: INestApplication[] = [];

const open = (): Promise<NatsConnection> => {
  const { username, password, host } = new URL(bus.url);
  return connect({ servers: host, user: username, pass: decodeURIComponent(password), maxReconnectAttempts: -1, reconnectTimeWait: 50 });
};

const decode = ({ payload }: InboundMessage): unknown => {
  const text = new TextDecoder().decode(payload);
  if (text.startsWith('!')) throw new Hopeless(text);
  return JSON.parse(text);
};

const start = async (more: Partial<FactsTransportOptions> = {}, asking: Partial<RequestsTransportOptions> = {}): Promise<INestApplication> => {
  const app = await NestFactory.create({ module: class Spec {}, controllers: [SpecController] }, { logger: false });
  app.useGlobalFilters(new PassThroughFilter());
  await app.init();
  const facts = new FactsTransport({
    nats,
    stream: STREAM,
    durable: 'spec',
    decode,
    isHopeless: (error) => error instanceof Hopeless,
    deadLetter: (message, error) => {
      letters.push({ message, error });
      return Promise.resolve();
    },
    log: () => undefined,
    observe: ({ subject }) => ({
      traceparent: () => undefined,
      bury: (work) => work(),
      retried: () => void observed.push(`${subject} retried`),
      settled: (refusal) => void observed.push(`${subject} ${refusal === undefined ? 'accepted' : 'refused'}`),
    }),
    ...more,
  });
  const requests = new RequestsTransport({
    nats,
    name: 'vfleet-spec',
    version: '1.2.3',
    description: 'a service of a spec',
    decode: (payload) => (payload.length === 0 ? {} : JSON.parse(new TextDecoder().decode(payload))),
    toErrorReply: (error) => ({
      status: error instanceof Refused ? 409 : 500,
      description: (error as Error).message,
      body: { error: { code: 'REFUSED' } },
    }),
    busy: () => new Error('busy'),
    mayAnswerAt,
    status: () => ({ role: 'active' }),
    log: () => undefined,
    ...asking,
  });
  app.connectMicroservice({ strategy: facts }, { inheritAppConfig: true });
  app.connectMicroservice({ strategy: requests }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  apps.push(app);
  return app;
};

beforeAll(async () => {
  bus = await aNatsServer();
  raw = await open();
  nats = await open();
  await ensureStream(await jetstreamManager(raw), STREAM);
  await start();
});

afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await nats.close();
  await raw.close();
  await bus.close();
});

const publish = (subject: string, body: string): Promise<unknown> => jetstream(raw).publish(`spec.in.${subject}`, body);
const pending = async (durable: string): Promise<number> => {
  const info = await (await jetstreamManager(raw)).consumers.info(STREAM.name, durable);
  return info.num_pending + info.num_ack_pending;
};
const settled = (durable = 'spec'): Promise<true> => until('everything is acknowledged', async () => (await pending(durable)) === 0);

describe('facts', () => {
  it('are there when the service is started: what is published at once is taken', async () => {
    await start({ stream: { ...STREAM, name: 'SPEC_FRESH', subjects: ['fresh.in.>'] }, durable: 'fresh' });
    await jetstream(raw).publish('fresh.in.host.h0', '{"n":0}', { retries: 0 });
    await until('the fact to be handled', () => observed.includes('fresh.in.host.h0 accepted'));
  });

  it('reach their handlers in the order in which they were published, whichever handler that is', async () => {
    seen.length = 0;
    const expected: string[] = [];
    for (let n = 0; n < 200; n += 1) {
      const kind = n % 3 === 0 ? 'vm.b' : 'host.a';
      expected.push(`${kind.slice(-1)} ${n}`);
      await publish(kind, JSON.stringify({ n }));
    }
    await settled();
    expect(seen).toEqual(expected);
  });

  it('are taken no more at once than is told, and all of them', async () => {
    let [atWork, most, taken] = [0, 0, 0];
    let openGate = (): void => {};
    gate = new Promise((resolve) => (openGate = resolve));
    const observe = () => {
      most = Math.max(most, (atWork += 1));
      const settle = (): void => void ([atWork, taken] = [atWork - 1, taken + 1]);
      return { traceparent: () => undefined, bury: <Result>(work: () => Result) => work(), retried: () => undefined, settled: settle };
    };
    await start({ stream: { ...STREAM, name: 'SPEC_FEW', subjects: ['few.in.>'] }, durable: 'few', maxInFlight: 4, observe });
    await Promise.all(Array.from({ length: 60 }, (_, n) => jetstream(raw).publish('few.in.x', `{"n":${n}}`)));
    const manager = await jetstreamManager(raw);
    await until('more to be delivered', async () => (await manager.consumers.info('SPEC_FEW', 'few')).num_ack_pending > 4);
    openGate();
    await until('all to be taken', () => taken === 60);
    expect(most).toBe(4);
  });

  it('published as plain messages, without JetStream, are taken as well', async () => {
    seen.length = 0;
    raw.publish('spec.in.vm.plain', '{"n":1}');
    await until('the fact', () => seen.includes('plain 1'));
  });

  it('that fail for a passing cause are tried again until they succeed', async () => {
    seen.length = 0;
    failures = 2;
    await publish('shaky.x', '{"n":7}');
    await settled();
    expect(seen).toEqual(['attempt 7', 'attempt 7', 'attempt 7']);
    expect(observed.filter((one) => one.startsWith('spec.in.shaky.x'))).toEqual([
      'spec.in.shaky.x retried',
      'spec.in.shaky.x retried',
      'spec.in.shaky.x accepted',
    ]);
  });

  it('that can never be accepted are kept with their bytes and headers, and block nobody', async () => {
    seen.length = 0;
    const carried = headers();
    carried.set('X-Origin', 'spec');
    await jetstream(raw).publish('spec.in.vm.bad', '!broken', { headers: carried, msgID: 'bad-1' });
    await publish('vm.good', '{"n":2}');
    await settled();
    expect(seen).toEqual(['good 2']);
    const { message, error } = letters.at(-1) as (typeof letters)[0];
    expect([new TextDecoder().decode(message.payload), message.headers['X-Origin'], message.msgId, (error as Error).message]).toEqual([
      '!broken',
      ['spec'],
      'bad-1',
      '!broken',
    ]);
    expect(observed).toContain('spec.in.vm.bad refused');
  });

  it('without a handler are acknowledged', async () => {
    await publish('nobody.cares', '{"n":3}');
    await expect(settled()).resolves.toBe(true);
  });

  it('go on when the stream was deleted and made again', async () => {
    seen.length = 0;
    await (await jetstreamManager(raw)).streams.delete(STREAM.name);
    await until('the stream', async () => {
      await publish('vm.again', '{"n":4}');
      return true;
    });
    await until('the fact', () => seen.includes('again 4'));
  });

  it('that an owner left unacknowledged go to the next owner at once and in order', async () => {
    seen.length = 0;
    const first = await open();
    let release = (): void => undefined;
    const one = await start({ nats: first, durable: 'owned', generation: 1 });
    await settled('owned-1');
    gate = new Promise((resolve) => (release = resolve));
    seen.length = 0;
    for (let n = 0; n < 5; n += 1) await publish('vm.left', JSON.stringify({ n }));
    await until('all to be at work twice', () => seen.length === 10);
    await first.close();
    release();
    gate = Promise.resolve();
    seen.length = 0;
    await start({ durable: 'owned', generation: 2 });
    await until('all of them', () => seen.length >= 5);
    expect(seen).toEqual(['left 0', 'left 1', 'left 2', 'left 3', 'left 4']);
    await expect((await jetstreamManager(raw)).consumers.info(STREAM.name, 'owned-1')).rejects.toThrow('not found');
    void one;
  });

  it('that were settled stay so where an owner in between was given nothing', async () => {
    const infoOf = async (name: string) => (await jetstreamManager(raw)).consumers.info(STREAM.name, name);
    const first = await start({ durable: 'handed', generation: 1 });
    await publish('vm.done', JSON.stringify({ n: 1 }));
    await settled('handed-1');
    await first.close();
    const second = await start({ durable: 'handed', generation: 2 });
    await until('its consumer', () => infoOf('handed-2'));
    await second.close();
    await start({ durable: 'handed', generation: 3 });
    await until('the next one', () => infoOf('handed-3'));
    const { state } = await (await jetstreamManager(raw)).streams.info(STREAM.name);
    expect((await infoOf('handed-3')).config.opt_start_seq).toBe(state.last_seq + 1);
  });

  it('are taken from a later owner that the restored store of leases knows nothing of', async () => {
    const lost = await start({ durable: 'restored', generation: 8 });
    await publish('vm.lost', JSON.stringify({ n: 1 }));
    await settled('restored-8');
    await lost.close();
    await start({ durable: 'restored', generation: 6, confirm: () => undefined });
    await publish('vm.found', JSON.stringify({ n: 2 }));
    const infoOf = async (name: string) => (await jetstreamManager(raw)).consumers.info(STREAM.name, name);
    await until('it to be settled', async () => (await infoOf('restored-6').catch(() => undefined))?.ack_floor.consumer_seq === 1);
    await expect(infoOf('restored-8')).rejects.toThrow('not found');
  });

  it('are not taken by an owner that is told that it is none any more', async () => {
    const said: string[] = [];
    await start({ durable: 'doubted', generation: 8 });
    await settled('doubted-8');
    const confirm = () => Promise.reject(new Error('the lease went to another instance'));
    await start({ durable: 'doubted', generation: 7, confirm, log: (_, __, { error }: { error?: string }) => void said.push(error ?? '') });
    await until('a word about it', () => said.includes('the lease went to another instance'));
    expect((await (await jetstreamManager(raw)).consumers.info(STREAM.name, 'doubted-8')).name).toBe('doubted-8');
  });

  it('of which an owner wants some only are read by it alone, from where one that read all of them has ended', async () => {
    const infoOf = async (name: string) => (await jetstreamManager(raw)).consumers.info(STREAM.name, name);
    const before = await start({ durable: 'picky', generation: 1 });
    await publish('vm.before', JSON.stringify({ n: 1 }));
    await settled('picky-1');
    await before.close();
    await start({ durable: 'picky', generation: 2, subjects: ['spec.in.vm.*', 'spec.in.shaky.>'] });
    for (let n = 0; n < 3; n += 1) await publish('host.noise', JSON.stringify({ n }));
    for (let n = 0; n < 2; n += 1) await publish('vm.wanted', JSON.stringify({ n }));
    await until('both to be settled', async () => (await infoOf('picky-2-spec_in_vm')).ack_floor.consumer_seq === 2);
    expect((await infoOf('picky-2-spec_in_vm')).delivered.consumer_seq).toBe(2);
    expect((await infoOf('picky-2-spec_in_shaky')).delivered.consumer_seq).toBe(0);
    await start({ durable: 'picky', generation: 3, subjects: ['spec.in.vm.*', 'spec.in.shaky.>'] });
    await publish('vm.later', JSON.stringify({ n: 3 }));
    await until('it to be settled by the next owner', async () => (await infoOf('picky-3-spec_in_vm')).ack_floor.consumer_seq === 1);
    const names: string[] = [];
    for await (const { name } of (await jetstreamManager(raw)).consumers.list(STREAM.name)) names.push(name);
    expect(names.filter((name) => name.startsWith('picky')).sort()).toEqual(['picky-3-spec_in_shaky', 'picky-3-spec_in_vm']);
  });

  it('stay with their owner when one that it has replaced wakes up', async () => {
    const said: string[] = [];
    await start({ durable: 'slept', generation: 8 });
    await settled('slept-8');
    await start({ durable: 'slept', generation: 7, log: (_, __, { error }: { error?: string }) => void said.push(error ?? '') });
    await until('a word about it', () => said.includes('owner 8 has replaced owner 7'));
    const names: string[] = [];
    for await (const { name } of (await jetstreamManager(raw)).consumers.list(STREAM.name)) names.push(name);
    expect(names.filter((name) => name.startsWith('slept'))).toEqual(['slept-8']);
  });
});

describe('a request', () => {
  const ask = (subject: string, body = ''): Promise<Msg> => raw.request(`spec.api.${subject}`, body, { timeout: 30_000 });

  it('of a client that knows nothing of Nest is answered with plain JSON', async () => {
    expect((await ask('echo', '{"a":1}')).json()).toEqual({ got: { a: 1 } });
    expect((await ask('echo')).json()).toEqual({ got: {} });
  });

  it('that is refused carries the service error headers and a JSON body', async () => {
    const reply = await ask('refuse');
    expect([reply.headers?.get('Nats-Service-Error-Code'), reply.headers?.get('Nats-Service-Error'), reply.json()]).toEqual([
      '409',
      'two lines',
      { error: { code: 'REFUSED' } },
    ]);
  });

  it.each(['reply', 'refusal'])('is told that it failed when the bus does not take the %s', async (says) => {
    const reply = await ask('much', JSON.stringify({ says }));
    expect(reply.headers?.get('Nats-Service-Error-Code')).toBe('500');
    expect(reply.data.byteLength).toBeLessThan(1024);
    expect((await ask('echo', '{"a":1}')).json()).toEqual({ got: { a: 1 } });
  });

  it('is answered once, by one of the instances of a service', async () => {
    const inbox = `spec-inbox-${Date.now()}`;
    const replies: unknown[] = [];
    raw.subscribe(inbox, { callback: (_, message) => void replies.push(message.json()) });
    raw.publish('spec.api.echo', '{"b":2}', { reply: inbox });
    await raw.flush();
    await ask('echo');
    await raw.flush();
    expect(replies).toEqual([{ got: { b: 2 } }]);
  });

  it.each(['spec.api.echo', '$SRV.PING.vfleet-spec', '$SRV.PING.vfleet-spec-standby'])(
    'of %s that wants its answer where none may go comes to nothing, and is told',
    async (subject) => {
      const told: unknown[] = [];
      const own = await open();
      const log = (_: string, __: string, fields: object): void => void told.push(fields);
      await start({ nats: own, durable: 'wary' }, { nats: own, queue: 'wary', log });
      const end = await announceStandby(own, { service: 'vfleet-spec', version: '1.2.3', description: 'waits', mayAnswerAt, log });
      const heard: string[] = [];
      const reply = 'spec.in.forged';
      raw.subscribe(reply, { callback: (_, message) => void heard.push(message.string()) });
      await own.flush();
      await raw.flush();
      raw.publish(subject, '{"d":4}', { reply });
      await until('a word about it', () => told.length > 0);
      await own.flush();
      await raw.flush();
      expect([told, heard]).toEqual([[{ subject, reply }], []]);
      await end();
      await own.close();
    },
  );

  it('waits until the instance is sure of itself, in a queue group of that instance', async () => {
    let sure = (): void => undefined;
    const settledDoubt = new Promise<void>((resolve) => (sure = resolve));
    let asked = 0;
    const own = await open();
    await start({ nats: own, durable: 'doubt' }, { nats: own, queue: 'vfleet-spec-2', admit: () => ((asked += 1), settledDoubt) });
    const inbox = `spec-doubt-${Date.now()}`;
    const replies: unknown[] = [];
    raw.subscribe(inbox, { callback: (_, message) => void replies.push(message.json()) });
    raw.publish('spec.api.echo', '{"c":3}', { reply: inbox });
    await until('one of each group to have it', () => asked === 1 && replies.length === 1);
    sure();
    await until('the other answer', () => replies.length === 2);
    await own.close();
  });

  it('finds an instance that stands by under another name, until it stands by no more', async () => {
    const end = await announceStandby(raw, { service: 'vfleet-spec', version: '1.2.3', description: 'waits', mayAnswerAt, log: () => undefined });
    const found = (await raw.request('$SRV.STATS.vfleet-spec-standby', '', { timeout: 30_000 })).json();
    expect(found).toMatchObject({ metadata: { role: 'standby', service: 'vfleet-spec' }, endpoints: [] });
    await end();
    await expect(raw.request('$SRV.PING.vfleet-spec-standby', '', { timeout: 30_000 })).rejects.toThrow('no responders');
  });

  it('finds a service that answers PING, INFO and STATS', async () => {
    const info = (await raw.request('$SRV.INFO.vfleet-spec', '', { timeout: 30_000 })).json() as {
      version: string;
      endpoints: { subject: string; queue_group: string }[];
    };
    expect([info.version, info.endpoints.map(({ subject }) => subject).sort(), info.endpoints[0]?.queue_group]).toEqual([
      '1.2.3',
      ['spec.api.echo', 'spec.api.much', 'spec.api.refuse'],
      'vfleet-spec',
    ]);
    const stats = (await raw.request('$SRV.STATS.vfleet-spec', '', { timeout: 30_000 })).json() as { endpoints: { data: unknown }[] };
    expect(stats.endpoints[0]?.data).toEqual({ role: 'active' });
    expect((await raw.request('$SRV.PING.vfleet-spec', '', { timeout: 30_000 })).json()).toMatchObject({ name: 'vfleet-spec' });
  });
});
