import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { connectNats } from '@vfleet/messaging';
import { aNatsServer, type TestNats } from '@vfleet/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { askAsOwner } from './ask-as-owner.js';

const SUBJECT = 'vfleet.agent.h1.hostdev.attach';
const WITHIN_MS = 60_000;

let bus: TestNats;
let nats: NatsConnection;
let heard: unknown[];

beforeAll(async () => {
  bus = await aNatsServer();
  const { username: user, password, host } = new URL(bus.url);
  nats = await connectNats({ servers: [host], user, pass: decodeURIComponent(password), name: 'ask-spec' });
  nats.subscribe(SUBJECT, {
    callback: (_, message) => {
      heard.push(message.json());
      message.respond(JSON.stringify({ state: 'accepted' }));
    },
  });
  await nats.flush();
});
afterAll(async () => {
  await nats.close();
  await bus.close();
});
beforeEach(() => {
  heard = [];
});

describe('an order', () => {
  it('goes out at once while its sender is the owner for certain', async () => {
    const ask = askAsOwner(nats, () => undefined);
    expect(await ask(SUBJECT, { commandId: 'c1' }, WITHIN_MS)).toEqual({ state: 'accepted' });
    expect(heard).toEqual([{ commandId: 'c1' }]);
  });

  it('waits until its sender knows that it still is the owner', async () => {
    let know = (): void => undefined;
    const known = new Promise<void>((resolve) => (know = resolve));
    const answer = askAsOwner(nats, () => known)(SUBJECT, { commandId: 'c1' }, WITHIN_MS);
    // Whatever was sent before this is heard by now.
    await askAsOwner(nats, () => undefined)(SUBJECT, { commandId: 'c2' }, WITHIN_MS);
    expect(heard).toEqual([{ commandId: 'c2' }]);
    know();
    await answer;
    expect(heard).toEqual([{ commandId: 'c2' }, { commandId: 'c1' }]);
  });

  it('does not go out from one who was replaced', async () => {
    const ask = askAsOwner(nats, () => Promise.reject(new Error('the lease went to another instance')));
    await expect(ask(SUBJECT, { commandId: 'c1' }, WITHIN_MS)).rejects.toThrow('the lease went to another instance');
    await askAsOwner(nats, () => undefined)(SUBJECT, { commandId: 'c2' }, WITHIN_MS);
    expect(heard).toEqual([{ commandId: 'c2' }]);
  });
});
