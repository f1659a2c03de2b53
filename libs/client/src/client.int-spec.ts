import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { ApiError, parseNatsUrl, STREAMS } from '@vfleet/contracts';
import { NatsServer } from '@vfleet/embedded';
import { aFolder, aNatsServer, until, type TestNats } from '@vfleet/testing';
import { VfleetClient } from './client.js';

describe('a client', () => {
  let server: TestNats;
  let service: NatsConnection;
  let client: VfleetClient;

  beforeAll(async () => {
    server = await aNatsServer();
    service = await connect(parseNatsUrl(server.url));
    client = await VfleetClient.connect({ url: server.url, timeoutMs: 5_000 });
    await (await jetstreamManager(service)).streams.add({ name: STREAMS.EVT.name, subjects: [...STREAMS.EVT.subjects] });
    await (await jetstreamManager(service)).streams.add({ name: STREAMS.IN.name, subjects: [...STREAMS.IN.subjects] });
  });
  afterAll(async () => {
    await client.close();
    await service.close();
    await server.close();
  });

  /** Answers a subject until the test's end; the reply is what `answer` makes of the request. */
  const answering = (subject: string, answer: (body: unknown) => { readonly body: unknown; readonly code?: string }): void => {
    service.subscribe(subject, {
      callback: (_, message) => {
        const { body, code } = answer(message.json());
        const errorHeaders = headers();
        if (code) errorHeaders.set('Nats-Service-Error-Code', code);
        message.respond(JSON.stringify(body), code ? { headers: errorHeaders } : {});
      },
    });
  };

  it('sends plain JSON and gives the reply', async () => {
    answering('vfleet.api.hosts.get', (body) => ({ body: { asked: body } }));
    await service.flush();
    expect(await client.request('hosts.get', { hostId: 'h1' })).toEqual({ asked: { hostId: 'h1' } });
  });

  it('makes an ApiError of an error reply, with its status, code and details', async () => {
    answering('vfleet.api.devices.get', () => ({ code: '404', body: { error: { code: 'DEVICE_NOT_FOUND', message: 'none', details: { at: 1 } } } }));
    await service.flush();
    const refused = await client.request('devices.get', { deviceId: '0123456789abcdef0123' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({ status: 404, code: 'DEVICE_NOT_FOUND', message: 'none', details: { at: 1 } });
  });

  it('says 503 when nothing answers', async () => {
    await expect(client.request('system.status')).rejects.toMatchObject({ status: 503, code: 'UNAVAILABLE' });
  });

  it('says 503 when the answer does not come in time', async () => {
    service.subscribe('vfleet.agent.h1.probe', { callback: () => {} });
    await service.flush();
    await expect(client.ask('vfleet.agent.h1.probe', {}, 50)).rejects.toMatchObject({ status: 503, message: expect.stringContaining('50 ms') });
  });

  it('says 503 when there is no server', async () => {
    await expect(VfleetClient.connect({ url: 'nats://127.0.0.1:1' })).rejects.toMatchObject({ status: 503, code: 'UNAVAILABLE' });
  });

  it('walks through all pages of a list', async () => {
    const asked: unknown[] = [];
    answering('vfleet.api.devices.list', (body) => {
      asked.push(body);
      return { body: 'cursor' in (body as object) ? { items: [{ n: 3 }], nextCursor: null } : { items: [{ n: 1 }, { n: 2 }], nextCursor: 'c' } };
    });
    await service.flush();
    const items: unknown[] = [];
    for await (const item of client.requestPages('devices.list', { filter: { hostId: 'h1' } })) items.push(item);
    expect(items).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(asked).toEqual([{ filter: { hostId: 'h1' } }, { filter: { hostId: 'h1' }, cursor: 'c' }]);
  });

  it('publishes a fact once, however often it is sent with one id', async () => {
    const first = await client.publishFact('vfleet.in.vm.v1.VmStateChanged', { vmId: 'v1' }, { msgId: 'a' });
    const second = await client.publishFact('vfleet.in.vm.v1.VmStateChanged', { vmId: 'v1' }, { msgId: 'a' });
    expect([first.duplicate, second.duplicate]).toEqual([false, true]);
    expect(second.sequence).toBe(first.sequence);
  });

  it('gives events from a position on, and those that follow', async () => {
    for (const position of ['1', '2', '3']) await client.publishFact('vfleet.evt.vm.h1.v1.DevicesReserved', { position });
    const seen: string[] = [];
    for await (const event of client.events({ fromPosition: 2 })) {
      seen.push(event.position);
      if (event.position === '3') await client.publishFact('vfleet.evt.vm.h1.v1.DevicesReleased', { position: '4' });
      if (event.position === '4') break;
    }
    expect(seen).toEqual(['2', '3', '4']);
  });

  it('listens to its connection no more for a reader that stops between two events', async () => {
    const heard: { readonly done?: boolean }[] = [];
    const status = client.nats.status.bind(client.nats);
    client.nats.status = () => {
      const listened = status();
      heard.push(listened as { readonly done?: boolean });
      return listened;
    };
    await client.publishFact('vfleet.evt.vm.h1.v1.DevicesReserved', { position: 'any' });
    for await (const { position } of client.events({ fromPosition: 1 })) if (position) break;
    client.nats.status = status;
    expect(heard.length).toBeGreaterThan(0);
    await until('all that listened to be done', () => heard.every(({ done }) => done), 5_000);
  });

  it('gives events from now on, those of a subject', async () => {
    const events = client.events({ subject: 'vfleet.evt.vm.h2.>' });
    await client.publishFact('vfleet.evt.vm.h1.v1.DevicesReserved', { position: 'other' });
    await client.publishFact('vfleet.evt.vm.h2.v1.DevicesReserved', { position: 'mine' });
    expect((await events.next()).value).toMatchObject({ position: 'mine' });
    await events.return?.();
  });

  it('takes events up again where it was, when the stream was lost and came back', async () => {
    const manager = await jetstreamManager(service);
    const before = (await manager.streams.info(STREAMS.EVT.name)).state.last_seq;
    const events = client.events({ fromPosition: before });
    expect((await events.next()).done).toBe(false);
    await manager.streams.delete(STREAMS.EVT.name);
    await manager.streams.add({ name: STREAMS.EVT.name, subjects: [...STREAMS.EVT.subjects] });
    for (let sequence = 1; sequence <= before + 1; sequence += 1) await client.publishFact('vfleet.evt.vm.h1.v1.X', { position: String(sequence) });
    expect((await events.next()).value).toMatchObject({ position: String(before + 1) });
    await events.return?.();
  });
});

describe('a client whom the server does not let do everything', () => {
  let server: NatsServer;
  const permissions = { publish: ['vfleet.api.devices.list'], subscribe: ['_INBOX.>'] };
  const urlFor = (password: string): string => `nats://reader:${password}@${new URL(server.url).host}`;

  beforeAll(async () => {
    server = await NatsServer.start({ storeDir: aFolder('nats'), users: [{ user: 'reader', password: 'right', permissions }] });
  });
  afterAll(() => server.stop());

  it('is told 403 when the server does not know it', async () => {
    await expect(VfleetClient.connect({ url: urlFor('wrong') })).rejects.toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  it('says who it is in its address, or beside it', async () => {
    const client = await VfleetClient.connect({ url: `nats://${new URL(server.url).host}`, user: 'reader', password: 'right', timeoutMs: 30_000 });
    await expect(client.request('devices.list')).rejects.toMatchObject({ status: 503 });
    await client.close();
    const refused = VfleetClient.connect({ url: urlFor('right'), user: 'reader', password: 'wrong' });
    await expect(refused).rejects.toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  it('is told 403 for what it may not ask, and goes on with what it may', async () => {
    const client = await VfleetClient.connect({ url: urlFor('right'), timeoutMs: 30_000 });
    await expect(client.request('hosts.drain', { hostId: 'h1' })).rejects.toMatchObject({ status: 403, code: 'FORBIDDEN' });
    await expect(client.request('devices.list')).rejects.toMatchObject({ status: 503 });
    await client.close();
  });
});
