import { asJsonb } from './jsonb.js';
import type { StoredEvent, Tables, Undoing } from './tables.js';

export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly constraint?: string,
  ) {
    super(message);
  }
}

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
  checkVersions(tables, heads, drafted);
  for (const [index, event] of drafted.entries()) {
    if (tables.positions.has(event.id)) throw new Refused('23505', event.id, 'events_event_id');
    const stored = {
      ...event,
      data: asJsonb(event.data),
      meta: asJsonb(event.meta) as StoredEvent['meta'],
      position: base + index + 1,
      recordedAt: now,
    };
    undoing.push(tables.events, stored);
    undoing.set(tables.heads, event.stream, event.version);
    undoing.set(tables.positions, event.id, stored.position);
  }
  changeClaims(tables, undoing, release, claim);
  for (const { key, value } of rowsOf<{ key: string; value: unknown }>(marks)) undoing.set(tables.marks, key, asJsonb(value));
  return { base, recorded: now };
};

const checkVersions = (tables: Tables, heads: readonly { stream: string; version: number }[], drafted: readonly Drafted[]): void => {
  for (const { stream, version } of heads)
    if (version > (tables.heads.get(stream) ?? 0)) throw new Refused('VF002', 'a stream is shorter than its writer believes');
  const next = new Map<string, number>();
  for (const { stream, version } of drafted) {
    if (version <= (next.get(stream) ?? tables.heads.get(stream) ?? 0)) throw new Refused('23505', `${stream} ${version}`, 'events_stream_version');
    next.set(stream, version);
  }
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

const rowsOf = <Row>(text: string | null): readonly Row[] => (text === null ? [] : (JSON.parse(text) as readonly Row[]));
