import { cloudEventJson, CLOUD_EVENTS_CONTENT_TYPE, parseNatsUrl, STREAMS, subjectOf } from '@vfleet/contracts';
import { Journal, jetStreamCopy, recordedBy, Relay, type NewEvent } from '@vfleet/journal';
import { connectNats } from '@vfleet/messaging';
import { until } from '@vfleet/testing';
import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** Events that are written, and published as an allocator publishes them, for as long as a fault lasts. */
export interface SteadyJournal {
  /** Resolves when so many more events were written. */
  goesOn(more?: number): Promise<void>;
  /** Resolves when nothing is written any more; relays go on. */
  pause(): Promise<void>;
  close(): Promise<void>;
}

/** Servers of a cluster that keep the stream. */
const REPLICAS = 3;
/** About 150 events a second: an election under them leaves some thousands to catch up with. */
const BATCH = 3;
const PAUSE_MS = 20;
const ONE_MORE = 30;

/** A relay of its own connection, as each allocator has one. */
const aRelay = async (pool: pg.Pool, url: string): Promise<{ readonly relay: Relay; readonly stop: () => Promise<void> }> => {
  const nats = await connectNats({ ...parseNatsUrl(url), name: 'relay' });
  const relay = new Relay({
    pool,
    copy: jetStreamCopy({ nats, stream: STREAMS.EVT.name, subjects: STREAMS.EVT.subjects, replicas: REPLICAS }),
    encode: (event) => ({ subject: subjectOf(event), payload: cloudEventJson(event), contentType: CLOUD_EVENTS_CONTENT_TYPE }),
    log: () => undefined,
  });
  relay.start();
  return { relay, stop: () => Promise.all([relay.stop(), nats.close()]).then(() => undefined) };
};

/** Writes to a journal that is there, with two relays at work on it: as while one allocator takes over from another that still runs. */
export const aSteadyJournal = async (pool: pg.Pool, url: string): Promise<SteadyJournal> => {
  const journal = new Journal(pool);
  const [active, replaced] = await Promise.all([aRelay(pool, url), aRelay(pool, url)]);
  const ending = new AbortController();
  let written = 0;

  const write = async (): Promise<void> => {
    const events = Array.from({ length: BATCH }, (_, n): NewEvent => {
      const data = { hostId: 'h1', reason: `event ${written + n + 1}` };
      return { id: randomUUID(), stream: 'host-h1', version: written + n + 1, type: 'HostOffline', data, meta: {} };
    });
    active.relay.offer(recordedBy(await journal.append({ events }), events));
    replaced.relay.kick();
    written += events.length;
  };
  const writeOn = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await write();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const writing = writeOn().finally(() => ending.abort());
  writing.catch(() => undefined);

  return {
    goesOn: async (more = ONE_MORE) => {
      const wanted = written + more;
      await until(`${more} more events`, () => written >= wanted || ending.signal.aborted);
      if (ending.signal.aborted) await writing;
    },
    pause: () => (ending.abort(), writing),
    close: async () => {
      ending.abort();
      await Promise.allSettled([writing, active.stop(), replaced.stop()]);
    },
  };
};
