import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { insist } from '@vfleet/testing';
import type pg from 'pg';
import { judgeCopy, judgeLog, together, type Acknowledged, type Copied, type Findings, type LogEvent } from './findings.js';

/** The copy of the journal on the bus, as the contract names it. */
export const COPY = 'VFLEET_EVT';

/** Position of the newest event, by the journal's counter. */
export const headOf = async (database: pg.Pool): Promise<number> =>
  Number((await database.query<{ position: string }>('select position from journal.counter')).rows[0]?.position ?? 0);

/** All events, by plain SQL; none of the journal's own code is asked. */
export const readEvents = async (database: pg.Pool): Promise<readonly LogEvent[]> => {
  const { rows } = await database.query<Omit<LogEvent, 'position' | 'version'> & { position: string; version: string }>(
    'select position, stream, version, event_id as id, type, data, meta from journal.events order by position',
  );
  return rows.map((row) => ({ ...row, position: Number(row.position), version: Number(row.version) }));
};

interface Extent {
  readonly first: number;
  readonly last: number;
  readonly messages: number;
}

const extentOf = async (nats: NatsConnection, stream: string): Promise<Extent> =>
  insist(async () => {
    const manager = await jetstreamManager(nats);
    for await (const { config, state } of manager.streams.list())
      if (config.name === stream) return { first: state.first_seq, last: state.last_seq, messages: state.messages };
    return { first: 1, last: 0, messages: 0 };
  });

/** Whether the copy holds every event that the journal holds, by their numbers alone. */
export const isCopied = async (database: pg.Pool, nats: NatsConnection): Promise<boolean> => {
  const [head, from] = [await headOf(database), await firstWanted(database, nats)];
  const { last, messages } = await extentOf(nats, COPY);
  return last >= head && messages >= last - from + 1;
};

/** A server gets stuck at a message that it cannot read: what is behind it counts as lost. */
const QUIET_MS = 5_000;

/** Every message of the copy, up to one that cannot be read. */
export const readCopies = async (nats: NatsConnection, stream = COPY): Promise<readonly Copied[]> => {
  const { messages: wanted } = await extentOf(nats, stream);
  const copies: Copied[] = [];
  if (wanted === 0) return copies;
  const consumer = await jetstream(nats).consumers.get(stream, { deliver_policy: DeliverPolicy.All });
  const messages = await consumer.consume({ max_messages: 1_000 });
  const quiet = setTimeout(() => messages.stop(), QUIET_MS);
  for await (const message of messages) {
    quiet.refresh();
    const { id, position } = message.json<{ id: string; position: string }>();
    copies.push({ sequence: message.seq, id, position: Number(position) });
    if (message.info.pending === 0) break;
  }
  clearTimeout(quiet);
  return copies;
};

/** Reads the journal, and the copy unless told otherwise, and says what is wrong. */
export const examine = async (
  { database, nats }: { readonly database: pg.Pool; readonly nats: NatsConnection },
  acknowledged: readonly Acknowledged[],
  { copy = true }: { readonly copy?: boolean } = {},
): Promise<Findings> => {
  const [events, head] = await insist(() => Promise.all([readEvents(database), headOf(database)]));
  const log = judgeLog(events, head, acknowledged);
  if (!copy) return log;
  return together(log, judgeCopy(events, await readCopies(nats), await firstWanted(database, nats)));
};

/** A copy that was made anew begins where its slowest reader is: what is before, nobody will ask for. Without readers it begins at 1. */
const firstWanted = async (database: pg.Pool, nats: NatsConnection): Promise<number> => {
  const { rows } = await database.query<{ lowest: string | null }>('select min(position) as lowest from journal.checkpoints');
  const { first, messages } = await extentOf(nats, COPY);
  return rows[0]?.lowest && messages > 0 ? Math.min(first, Number(rows[0].lowest) + 1) : 1;
};
