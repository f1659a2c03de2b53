import { hasKey } from './jsonb.js';
import { record } from './record.js';
import { Refused } from './refused.js';
import type { StoredEvent, Tables, Undoing } from './tables.js';

/** What a statement finds: the rows of its answer. */
export interface Answer {
  readonly rows: readonly unknown[];
  readonly rowCount: number;
}

/** Where a statement runs. */
export interface Running {
  readonly tables: Tables;
  readonly undoing: Undoing;
  /** Number of the transaction. */
  readonly transaction: number;
  readonly now: Date;
}

type Statement = (running: Running, values: readonly unknown[]) => readonly unknown[];

const SECOND = 1_000;

const toRow = ({ position, stream, version, id, type, data, meta, recordedAt }: StoredEvent): object => ({
  position: String(position),
  stream,
  version: String(version),
  event_id: id,
  type,
  data,
  meta,
  recorded_at: recordedAt,
});

const marks: Statement = ({ tables }, [prefix, field]) =>
  [...tables.marks]
    .filter(([key, value]) => key.startsWith(prefix as string) && (field === undefined || hasKey(value, field as string)))
    .map(([key, value]) => ({ key, value }));

const acquire: Statement = ({ tables, undoing, now }, [name, owner, seconds]) => {
  const lease = tables.leases.get(name as string);
  if (lease && lease.expiresAt >= now.getTime() && lease.owner !== owner) return [];
  const fence = (lease?.fence ?? 0) + 1;
  undoing.set(tables.leases, name as string, { fence, owner: owner as string, expiresAt: now.getTime() + (seconds as number) * SECOND });
  return [{ fence: String(fence) }];
};

const prolong: Statement = ({ tables, undoing, now }, [name, fence, seconds = 0]) => {
  const lease = tables.leases.get(name as string);
  if (lease?.fence !== fence) return [];
  undoing.set(tables.leases, name as string, { ...(lease as NonNullable<typeof lease>), expiresAt: now.getTime() + (seconds as number) * SECOND });
  return [{}];
};

const openCheckpoint: Statement = ({ tables, undoing, transaction }, [name]) => {
  const position = tables.checkpoints.get(name as string)?.position ?? 0;
  undoing.set(tables.checkpoints, name as string, { position, writer: transaction });
  return [{ position: String(position) }];
};

const moveCheckpoint: Statement = ({ tables, undoing, transaction }, [name, position]) => {
  undoing.set(tables.checkpoints, name as string, { position: position as number, writer: transaction });
  return [{ writer: String(transaction) }];
};

const lockCheckpoint: Statement = ({ tables }, [name, upTo]) => {
  const checkpoint = tables.checkpoints.get(name as string);
  const recorded = tables.events[(upTo as number) - 1]?.id ?? null;
  return checkpoint ? [{ position: String(checkpoint.position), writer: String(checkpoint.writer), recorded }] : [];
};

const readCheckpoint: Statement = ({ tables }, [name]) => {
  const checkpoint = tables.checkpoints.get(name as string);
  return checkpoint ? [{ position: String(checkpoint.position) }] : [];
};

const page: Statement = ({ tables }, [after, limit]) => tables.events.slice(after as number, (after as number) + (limit as number)).map(toRow);

const lowest: Statement = ({ tables }) => {
  const positions = [...tables.checkpoints.values()].map(({ position }) => position);
  return [{ lowest: positions.length > 0 ? String(Math.min(...positions)) : null }];
};

/** By name where it has one, else by how its text begins: the statements of the journal's library that the services run. */
const STATEMENTS: readonly (readonly [string, Statement])[] = [
  ['append', ({ tables, undoing, now }, values) => [asBase(record(tables, undoing, values, now))]],
  ['head', ({ tables }) => [{ position: String(tables.head) }]],
  ['read', page],
  [
    'read-at',
    ({ tables }, [positions]) =>
      [...new Set(positions as readonly number[])]
        .sort((a, b) => a - b)
        .flatMap((position) => tables.events[position - 1] ?? [])
        .map(toRow),
  ],
  ['read-stream', ({ tables }, [stream, after, limit]) => ofStream(tables, stream as string, after as number, limit as number)],
  ['lease-taken', ({ tables, now }, [name, owner]) => takenBy(tables.leases.get(name as string), owner as string, now)],
  ['lock checkpoint', lockCheckpoint],
  ['read checkpoint', readCheckpoint],
  ['move checkpoint', moveCheckpoint],
  ['select position from journal.events where event_id', ({ tables }, [id]) => found(tables.positions.get(id as string))],
  [
    'select key from journal.inbox',
    ({ tables }, [keys]) => (keys as readonly string[]).filter((key) => tables.inbox.has(key)).map((key) => ({ key })),
  ],
  ['select key, value from journal.marks', marks],
  ['with line as materialized', acquire],
  ['update journal.leases set expires_at = clock_timestamp() + make_interval', prolong],
  ['update journal.leases set expires_at = clock_timestamp() where', prolong],
  ['insert into journal.checkpoints', openCheckpoint],
  ['select min(position)', lowest],
  ['simulation rows', ({ tables }, [table]) => [...tables.rows].filter(([key]) => key.startsWith(`${table as string} `)).map(([, row]) => row)],
  [
    'simulation put',
    ({ tables, undoing }, [rows]) => (rows as readonly (readonly [string, unknown])[]).map(([key, row]) => undoing.set(tables.rows, key, row)),
  ],
];

const asBase = ({ base, recorded }: { base: number; recorded: Date }): object => ({ base: String(base), recorded });
const found = (position: number | undefined): readonly object[] => (position === undefined ? [] : [{ position: String(position) }]);
const takenBy = (lease: { readonly owner: string; readonly expiresAt: number } | undefined, owner: string, now: Date): readonly object[] =>
  lease && lease.owner !== owner && lease.expiresAt >= now.getTime() ? [{}] : [];
const ofStream = (tables: Tables, stream: string, after: number, limit: number): readonly object[] =>
  tables
    .streamOf(stream)
    .filter(({ version }) => version > after)
    .slice(0, limit)
    .map(toRow);

const byName = new Map(STATEMENTS);

/** @throws Refused, as the server would; Error for a statement that the simulation does not know */
export const run = (running: Running, name: string | undefined, text: string, values: readonly unknown[]): Answer => {
  const statement = byName.get(name ?? '') ?? STATEMENTS.find(([start]) => text.startsWith(start))?.[1];
  if (!statement) throw new Refused('42601', `the simulation does not know the statement ${name ?? text}`);
  const rows = statement(running, values);
  return { rows, rowCount: rows.length };
};
