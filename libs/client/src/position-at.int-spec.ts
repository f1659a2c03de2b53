import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { STREAMS } from '@vfleet/contracts';
import { aNatsServer, type TestNats } from '@vfleet/testing';
import { VfleetClient } from './client.js';

describe('the position at a time', () => {
  let server: TestNats;
  let client: VfleetClient;
  let manager: JetStreamManager;

  const at = (second: number): Date => new Date(Date.parse('2026-11-20T10:00:00.000Z') + second * 1_000);
  const found = (second: number): Promise<number> => client.positionAt(at(second));

  beforeAll(async () => {
    server = await aNatsServer();
    client = await VfleetClient.connect({ url: server.url, timeoutMs: 2_000 });
    manager = await jetstreamManager(client.nats);
    await manager.streams.add({ name: STREAMS.EVT.name, subjects: [...STREAMS.EVT.subjects] });
  });
  afterAll(async () => {
    await client.close();
    await server.close();
  });

  it('is the first where nothing has happened', async () => {
    expect(await found(0)).toBe(1);
  });

  it('is that of the first event that was recorded then or later, whenever it was published', async () => {
    // Ten events, two in each second.
    for (let event = 0; event < 10; event += 1)
      await jetstream(client.nats).publish('vfleet.evt.host.h1.h1.X', JSON.stringify({ time: at(Math.floor(event / 2)).toISOString() }));
    expect(await Promise.all([-5, 0, 0.5, 1, 4, 4.001, 99].map(found))).toEqual([1, 1, 3, 3, 9, 11, 11]);
  });

  it('passes over what is not there any more', async () => {
    await manager.streams.purge(STREAMS.EVT.name, { seq: 4 });
    await manager.streams.deleteMessage(STREAMS.EVT.name, 6);
    expect(await Promise.all([-5, 1, 2, 3].map(found))).toEqual([4, 4, 5, 7]);
  });
});
