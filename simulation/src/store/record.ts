import { asJsonb, parseJsonb } from './jsonb.js';
import { Refused } from './refused.js';
import type { StoredEvent, Tables, Undoing } from './tables.js';

interface Drafted {
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  /** JSON, as it is given. */
  readonly data: string;
  readonly meta: string;
}

type Texts = readonly string[];
type Numbers = readonly number[];
/** What `journal.record` is called with, in its order; JSON of events a line each. */
type Values = [
  lease: string | null,
  fence: number | null,
  streams: Texts,
  versions: Numbers,
  ids: Texts,
  types: Texts,
  data: string,
  meta: string,
  headStreams: Texts,
  headVersions: Numbers,
  inbox: Texts,
  release: string | null,
  claim: string | null,
  marks: string | null,
  reached: number,
];

/** What `journal.record` does, statement by statement. */
export const record = (tables: Tables, undoing: Undoing, values: readonly unknown[], now: Date): { base: number; recorded: Date } => {
  const [lease, fence, streams, versions, ids, types, data, meta, headStreams, headVersions, inbox, release, claim, marks, reached] =
    values as Values;
  const base = tables.head;
  if (base < reached) throw new Refused('22012', 'division by zero');
  if (lease !== null && tables.leases.get(lease)?.fence !== fence) throw new Refused('VF001', `another owner has taken over ${lease}`);
  for (const key of inbox) {
    if (tables.inbox.has(key)) throw new Refused('23505', key, 'inbox_key');
    undoing.add(tables.inbox, key);
  }
  const dataOf = data.split('\n');
  const metaOf = meta.split('\n');
  const drafted = streams.map((stream, index): Drafted => ({
    stream,
    version: versions[index] as number,
    id: ids[index] as string,
    type: types[index] as string,
    data: dataOf[index] as string,
    meta: metaOf[index] as string,
  }));
  const heads = headStreams.map((stream, index) => ({ stream, version: headVersions[index] as number }));
  checkHeads(tables, heads);
  for (const [index, event] of drafted.entries()) {
    const kept = { data: parseJsonb(event.data), meta: parseJsonb(event.meta) as StoredEvent['meta'] };
    checkVersion(tables, event);
    if (tables.positions.has(event.id)) throw new Refused('23505', event.id, 'events_event_id');
    const stored = { ...event, ...kept, position: base + index + 1, recordedAt: now };
    undoing.push(tables.events, stored);
    undoing.set(tables.heads, event.stream, event.version);
    undoing.set(tables.positions, event.id, stored.position);
  }
  changeClaims(tables, undoing, release, claim);
  changeMarks(tables, undoing, marks);
  return { base, recorded: now };
};

const checkHeads = (tables: Tables, heads: readonly { stream: string; version: number }[]): void => {
  for (const { stream, version } of heads)
    if (version < 1 || version > (tables.heads.get(stream) ?? 0)) throw new Refused('VF002', 'a stream is shorter than its writer believes');
};

const checkVersion = (tables: Tables, { stream, version }: Drafted): void => {
  if (version <= (tables.heads.get(stream) ?? 0)) throw new Refused('23505', `${stream} ${version}`, 'events_stream_version');
};

const changeClaims = (tables: Tables, undoing: Undoing, release: string | null, claim: string | null): void => {
  for (const { claimed, holder } of rowsOf<{ claimed: string; holder: string }>(release)) {
    if (tables.claims.get(claimed) !== holder) throw new Refused('VF003', 'a claim that is given back is not held');
    undoing.set(tables.claims, claimed, undefined);
  }
  for (const { claimed, holder } of rowsOf<{ claimed: string; holder: string }>(claim)) {
    if (tables.claims.has(claimed)) throw new Refused('23505', claimed, 'claims_claimed');
    undoing.set(tables.claims, claimed, holder);
  }
};

/** All are read before the first is written. */
const changeMarks = (tables: Tables, undoing: Undoing, marks: string | null): void => {
  const kept = rowsOf<{ key: string; value: unknown }>(marks).map(({ key, value }) => ({ key, value: asJsonb(value) }));
  for (const { key, value } of kept) {
    if (value === null) throw new Refused('23502', 'null value in column "value" of relation "marks"');
    undoing.set(tables.marks, key, value);
  }
};

const rowsOf = <Row>(text: string | null): readonly Row[] => (text === null ? [] : (JSON.parse(text) as readonly Row[]));
