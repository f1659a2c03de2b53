import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseNatsUrl, vmFactSubject } from '@vfleet/contracts';
import { aDatabase, aNatsServer, aService, until, type RunningProgram, type TestDatabase, type TestNats } from '@vfleet/testing';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import pg from 'pg';

const MINUTES = 60_000;
const STARTING = { vmId: 'vm-1', state: 'starting', hostId: 'h1' };
const nested = (times: number): string => `${'{"firstAvailable":['.repeat(times)}{"device":"a"}${']}'.repeat(times)}`;

let database: TestDatabase;
let server: TestNats;
let allocator: RunningProgram;
let nats: NatsConnection;
let journal: pg.Client;

beforeAll(async () => {
  [database, server] = await Promise.all([aDatabase(), aNatsServer()]);
  allocator = await aService('allocator', { pgUrl: database.url, natsUrl: server.url });
  nats = await connect(parseNatsUrl(server.url));
  journal = new pg.Client({ connectionString: database.url });
  await journal.connect();
}, 2 * MINUTES);

afterAll(async () => {
  await nats.close();
  await journal.end();
  await allocator.kill();
  await Promise.all([database.close(), server.close()]);
});

interface Letter {
  readonly code: string;
  readonly message: string;
  readonly payload: Buffer;
}
const letters = async (): Promise<readonly Letter[]> =>
  (await journal.query<Letter>('select code, message, payload from journal.dead_letters order by received_at')).rows;

const publish = (payload: string | Uint8Array, header: Readonly<Record<string, string>> = {}): void => {
  const told = headers();
  for (const [name, value] of Object.entries(header)) told.set(name, value);
  nats.publish(vmFactSubject('vm-1', 'VmStateChanged'), payload, { headers: told });
};

describe('a fact that can never be accepted', () => {
  it.each<[string, string | Uint8Array, Record<string, string>, string]>([
    ['is a byte that no text holds', '\u0000', {}, 'NOT_JSON'],
    ['is text in which a sentence about it would end in half a character', `x${'😀'.repeat(40)}`, {}, 'NOT_JSON'],
    ['is no UTF-8', new Uint8Array([0xff, 0xfe]), {}, 'NOT_JSON'],
    [
      'has alternatives within alternatives, without end',
      JSON.stringify({ ...STARTING, devices: 0 }).replace('0', `[${nested(12_000)}]`),
      {},
      'INVALID_FACT',
    ],
    ['has a field whose name cannot be written', JSON.stringify({ ...STARTING, devices: [{ 'a\u0000': 1 }] }), {}, 'INVALID_FACT'],
    [
      'has a field whose name is as long as a message may be',
      JSON.stringify({ ...STARTING, devices: [{ ['x'.repeat(200_000)]: 1 }] }),
      {},
      'INVALID_FACT',
    ],
    [
      'has 20,000 keys that nobody knows',
      JSON.stringify({ ...STARTING, devices: [{ match: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, 1])) }] }),
      {},
      'INVALID_REQUEST',
    ],
    ['has an id that cannot be written', JSON.stringify(STARTING), { 'Nats-Msg-Id': 'a\u0000b' }, 'INVALID_FACT'],
    ['has an id longer than any', JSON.stringify(STARTING), { 'Nats-Msg-Id': 'x'.repeat(10_000) }, 'INVALID_FACT'],
    [
      'has an id, in its envelope, that is half a character',
      JSON.stringify({ specversion: '1.0', id: '\ud83d', data: STARTING }),
      {},
      'INVALID_FACT',
    ],
    ['has headers that cannot be written', '{', { Anything: 'a\u0000b' }, 'NOT_JSON'],
  ])('goes to the dead letters with its bytes when it %s', async (_, payload, header, code) => {
    const before = (await letters()).length;
    publish(payload, header);
    const letter = await until(`a letter; ${allocator.said()}`, async () => (await letters())[before], MINUTES);
    expect(letter?.code).toBe(code);
    expect(letter?.message.length).toBeLessThanOrEqual(4_096);
    expect(letter?.payload.equals(Buffer.from(payload as string))).toBe(true);
  });

  it('takes nothing from those behind it, whatever its trace says', async () => {
    const data = { ...STARTING, vmId: 'vm-2', devices: [{ device: 'none' }] };
    nats.publish(vmFactSubject('vm-2', 'VmStateChanged'), JSON.stringify({ specversion: '1.0', id: 'one', traceparent: '00-\u0000', data }));
    await until(
      'vm-2 to be refused what there is not',
      async () => (await journal.query(`select from journal.events where type = 'ReservationRejected' and data ->> 'vmId' = 'vm-2'`)).rowCount === 1,
      MINUTES,
    );
    expect(allocator.process.exitCode).toBe(null);
  });
});

describe('a request that can never be accepted', () => {
  it.each<[string, string]>([
    ['has alternatives within alternatives, without end', `{"vmId":"vm-1","hostId":"h1","devices":[${nested(12_000)}]}`],
    [
      'has 20,000 keys that nobody knows',
      JSON.stringify({ vmId: 'vm-1', devices: [{ match: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, 1])) }] }),
    ],
    ['has a field whose name is as long as a message may be', JSON.stringify({ vmId: 'vm-1', ['x'.repeat(200_000)]: 1 })],
    ['holds what plays tricks with prototypes', '{"vmId":"vm-1","devices":[{"match":{"__proto__":{"a":1}}}]}'],
    ['has a list without end', `{"vmId":"vm-1","devices":[${'{},'.repeat(80_000)}{}]}`],
  ])('is told so in a few words when it %s', async (_, body) => {
    const reply = await nats.request('vfleet.api.reservations.reserve', body, { timeout: 20_000 });
    expect(reply.headers?.get('Nats-Service-Error-Code')).toBe('400');
    expect(reply.data.byteLength).toBeLessThan(128 * 1024);
    const { error } = reply.json<{ readonly error: { readonly code: string; readonly details: readonly { readonly field: string }[] } }>();
    expect(error.code).toBe('INVALID_REQUEST');
    expect(error.details.length).toBeLessThanOrEqual(50);
    for (const { field } of error.details) expect(field).toMatch(/^(devices|x{255}…$)/);
  });
});

describe('a request whose answer would be taken for something else', () => {
  it('is not done, and not answered: nothing comes to the stream of events', async () => {
    const heard: string[] = [];
    nats.subscribe('vfleet.evt.vm.>', { callback: (_, message) => void heard.push(message.subject) });
    const reply = 'vfleet.evt.vm.h1.vm-3.DevicesReserved';
    nats.publish('vfleet.api.reservations.reserve', JSON.stringify({ vmId: 'vm-3', hostId: 'h1', devices: [{ device: 'none' }] }), { reply });
    await until('a word about it', () => allocator.said().includes('a request wants its answer where none may go'), MINUTES);
    await nats.request('vfleet.api.aliases.list', '{}', { timeout: 20_000 });
    expect(heard).toEqual([]);
    expect((await journal.query(`select from journal.events where data ->> 'vmId' = 'vm-3'`)).rowCount).toBe(0);
  });
});
