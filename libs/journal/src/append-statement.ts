import type { QueryConfig } from 'pg';
import type { Batch, Fence, NewEvent } from './batch.js';
import { netClaims } from './claims.js';

/** A statement that fails takes back what it wrote: nothing is appended where the journal is shorter than the last parameter says. */
const APPEND = {
  name: 'append',
  text: `select base, recorded, 1 / (base >= $15)::int as follows from journal.record(
    $1, $2, $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7, $8, $9::text[], $10::bigint[], $11::text[], $12::json, $13::json, $14::json)`,
};

/** The statement that records a batch in one transaction, unless the journal has become shorter than it was known to be. */
export const toStatement = (batch: Batch, fence: Fence | undefined, reached: number): QueryConfig => ({
  ...APPEND,
  values: [...toValues(batch, fence), reached],
});

/** JSON has no raw line feed, so that each event's data and meta have one line. */
const toValues = ({ events, inbox = [], claims = [], marks = [] }: Batch, fence?: Fence): unknown[] => {
  const { release, claim } = netClaims(claims);
  const newest = new Map(marks.map((mark) => [mark.key, mark]));
  const heads = headsOf(events);
  return [
    fence?.lease ?? null,
    fence?.fence ?? null,
    events.map(({ stream }) => stream),
    events.map(({ version }) => version),
    events.map(({ id }) => id),
    events.map(({ type }) => type),
    events.map(({ text, data }) => text ?? JSON.stringify(data)).join('\n'),
    events.map(({ meta }) => JSON.stringify(meta)).join('\n'),
    [...heads.keys()],
    [...heads.values()],
    inbox,
    release.length > 0 ? JSON.stringify(release) : null,
    claim.length > 0 ? JSON.stringify(claim) : null,
    newest.size > 0 ? JSON.stringify([...newest.values()]) : null,
  ];
};

/** For each stream that is there already the version that its first event must follow on. */
const headsOf = (events: readonly NewEvent[]): ReadonlyMap<string, number> => {
  const first = new Map<string, number>();
  for (const { stream, version } of events) if (!first.has(stream)) first.set(stream, version - 1);
  for (const [stream, version] of first) if (version === 0) first.delete(stream);
  return first;
};
