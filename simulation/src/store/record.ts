import { asJsonb } from './jsonb.js';
import type { StoredEvent, Tables, Undoing } from './tables.js';

/** Guards of `journal.record`; a mutation control takes one of them out. */
export type Guard = 'version' | 'fence' | 'inbox';

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
  readonly data: unknown;
  readonly meta: StoredEvent['meta'];
}

/** What `journal.record` does, statement by statement. `without`: a guard that a mutation control has taken out. */
export const record = (
  tables: Tables,
  undoing: Undoing,
  values: readonly unknown[],
  now: Date,
  without?: Guard,
): { base: number; recorded: Date } => {
  const [lease, fence, events, , heads, inbox, release, claim, marks] = values as [
    string | null,
    number | null,
    string,
    number,
    string,
    readonly string[],
    string | null,
    string | null,
    string | null,
  ];
  const base = tables.head;
  if (without !== 'fence' && lease !== null && tables.leases.get(lease)?.fence !== fence)
    throw new Refused('VF001', `another owner has taken over ${lease}`);
  for (const key of inbox) {
    if (without !== 'inbox' && tables.inbox.has(key)) throw new Refused('23505', key, 'inbox_key');
    undoing.add(tables.inbox, key);
  }
  const drafted = JSON.parse(events) as readonly Drafted[];
  if (without !== 'version') checkVersions(tables, JSON.parse(heads) as readonly { stream: string; version: number }[], drafted);
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
