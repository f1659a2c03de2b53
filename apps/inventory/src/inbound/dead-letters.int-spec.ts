import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { DeadLetters } from '@vfleet/journal';
import { STREAMS } from '@vfleet/contracts';
import { anInventory, type InventoryUnderTest } from '../../spec/inventory-service.js';

let inventory: InventoryUnderTest;
let letters: DeadLetters;
const subject = 'vfleet.in.host.h1.HostOnline';
const bytes = Buffer.from([123, 0, 255]);

const keep = (id: string): Promise<boolean> =>
  letters.keep({
    id,
    subject,
    code: 'INVALID_FACT',
    message: 'not JSON',
    service: 'allocator',
    headers: { 'Nats-Msg-Id': ['h1:1:1'], 'Nats-Expected-Stream': ['another'], traceparent: ['00-a-b-01'] },
    payload: bytes,
  });

beforeAll(async () => {
  inventory = await anInventory();
  letters = new DeadLetters(inventory.platform.pool);
});

afterAll(() => inventory.close());

describe('a dead letter', () => {
  it('cannot be replayed while the bus takes no facts, and stays', async () => {
    await keep('l1');
    expect(await inventory.ask('deadletters.replay', { id: 'l1' })).toMatchObject({ code: 503, body: { error: { code: 'UNAVAILABLE' } } });
    expect(await inventory.served('deadletters.get', { id: 'l1' })).toMatchObject({ id: 'l1' });
  });

  it('that is replayed comes once more as it was, and is no letter any more', async () => {
    await (await jetstreamManager(inventory.client)).streams.add({ name: STREAMS.IN.name, subjects: [...STREAMS.IN.subjects] });
    const heard = inventory.client.subscribe(subject, { max: 1 });
    await inventory.client.flush();
    expect(await inventory.served('deadletters.replay', { id: 'l1' })).toMatchObject({ id: 'l1', subject, size: 3 });
    for await (const message of heard) {
      expect(Buffer.from(message.data)).toEqual(bytes);
      expect(message.headers?.get('traceparent')).toBe('00-a-b-01');
      expect([message.headers?.has('Nats-Msg-Id'), message.headers?.has('Nats-Expected-Stream')]).toEqual([false, false]);
    }
    expect(await inventory.ask('deadletters.get', { id: 'l1' })).toMatchObject({ code: 404 });
  });

  it('that is discarded is gone, and what it was is answered', async () => {
    await keep('l2');
    expect(await inventory.served('deadletters.discard', { id: 'l2' })).toMatchObject({ id: 'l2', code: 'INVALID_FACT', size: 3 });
    expect(await inventory.served('deadletters.list')).toEqual({ items: [], nextCursor: null });
  });

  it.each(['deadletters.replay', 'deadletters.discard'] as const)('that is not there: %s is 404', async (name) => {
    expect(await inventory.ask(name, { id: 'none' })).toMatchObject({ code: 404, body: { error: { code: 'DEAD_LETTER_NOT_FOUND' } } });
    expect(await inventory.ask(name, {})).toMatchObject({ code: 400 });
  });
});
