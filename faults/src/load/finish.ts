import { until } from '@vfleet/testing';
import { projected } from '../projection.js';
import { copied, idle } from '../under-fault.js';
import { accountFor, type Account } from './account.js';
import type { Figure } from './figure.js';
import type { LoadedSystem } from './system.js';

/** Hosts attest every ten seconds; whatever else has to catch up has this long. */
const SETTLED_MS = 600_000;

/** Stops all VMs, waits until everything is decided, given back, copied and projected, and reads the log. */
export const finish = async ({ stage, traffic }: LoadedSystem): Promise<Account> => {
  traffic.end();
  await idle(stage, SETTLED_MS);
  await until(
    'every device to be given back',
    async () => Number((await stage.database.query<{ n: string }>('select count(*) as n from journal.claims')).rows[0]?.n) === 0,
    SETTLED_MS,
  );
  await copied(stage);
  await projected(stage);
  return accountFor(stage.database, traffic.told);
};

/** What is promised of the log, whatever the load was. */
export const accountFigures = ({ events, lost, doubled, holes, held }: Account): readonly Figure[] => [
  { what: 'events in the log', value: events, unit: 'events' },
  { what: 'VM states told and not in the log', value: lost, unit: 'states', most: 0 },
  { what: 'VM states in the log more than once', value: doubled, unit: 'states', most: 0 },
  { what: 'positions and versions missing', value: holes, unit: 'numbers', most: 0 },
  { what: 'devices held when all VMs had stopped', value: held, unit: 'devices', most: 0 },
];
