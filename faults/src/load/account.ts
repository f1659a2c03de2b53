import type pg from 'pg';

/** What the journal holds of VMs that were told in so many states each, by plain SQL: none of the journal's own code is asked. */
export interface Account {
  readonly events: number;
  /** States that were told, and are not recorded. */
  readonly lost: number;
  /** States that are recorded more often than once. */
  readonly doubled: number;
  /** Positions without an event, and streams whose versions do not count from 1 to their number of events. */
  readonly holes: number;
  /** Devices that somebody still holds. */
  readonly held: number;
}

const STATES = `
select data->>'vmId' as vm, count(*) as records, count(distinct data->>'sequence') as states
from journal.events where type = 'VmStateRecorded' group by 1`;
/** In one look: a host that had to wait may still be decided about. */
const WHOLE = `
select (select count(*) from journal.events) as events,
  (select count(*) from (select from journal.events group by stream having max(version) <> count(*)) as broken) as broken,
  (select count(*) from journal.claims) as held, (select position from journal.counter) as head`;

/** `told[n]`: how many states VM `load-n` was told in. */
export const accountFor = async (database: pg.Pool, told: readonly number[]): Promise<Account> => {
  const { rows } = await database.query<{ vm: string; records: string; states: string }>(STATES);
  const byVm = new Map(rows.map(({ vm, records, states }) => [vm, { records: Number(records), states: Number(states) }]));
  const whole = (await database.query<{ events: string; broken: string; held: string; head: string }>(WHOLE)).rows[0];
  const found = told.map((states, n) => ({ wanted: states, ...(byVm.get(`load-${n}`) ?? { records: 0, states: 0 }) }));
  const events = Number(whole?.events);
  return {
    events,
    lost: found.reduce((sum, { wanted, states }) => sum + wanted - states, 0),
    doubled: found.reduce((sum, { records, states }) => sum + records - states, 0),
    holes: Number(whole?.head) - events + Number(whole?.broken),
    held: Number(whole?.held),
  };
};

export const isWhole = ({ lost, doubled, holes, held }: Account): boolean => lost === 0 && doubled === 0 && holes === 0 && held === 0;
