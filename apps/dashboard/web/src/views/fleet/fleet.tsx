import { useParameters } from '../../app/address.js';
import { useAsOf } from '../../app/as-of.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { plural } from '../../parts/plural.js';
import { StateBadge } from '../../parts/state-badge.js';
import { Answered, Empty } from '../../parts/states.js';
import { HostLink } from '../../parts/to.js';
import { ViewTitle } from '../../parts/view-title.js';
import { FleetFilter } from './fleet-filter.js';
import type { Fleet as FleetMap, FleetRow, Variety } from './fleet-page.js';
import './fleet.css';
import { HeatCell } from './heat-cell.js';
import { useFleet } from './use-fleet.js';
import { VarietyLink } from './variety-link.js';

const PAGE = 500;
/** Hosts of earlier times are made again from events, so fewer at once. */
const PAST_PAGE = 25;
const CHOICES = ['host', 'state', 'freeOf'] as const;
const CELL_PIXELS = 92;
const WIDEST_PIXELS = 170;
/** About as wide as a letter of a heading is. */
const LETTER_PIXELS = 9;
const PADDING_PIXELS = 24;

const HOST_COLUMNS: readonly Column<FleetRow>[] = [
  { id: 'host', header: 'Host', width: 150, cell: ({ host }) => <HostLink hostId={host.hostId} /> },
  { id: 'state', header: 'State', width: 105, cell: ({ host: { state } }) => state && <StateBadge state={state} /> },
];

const toColumn = ({ variety, label }: Variety): Column<FleetRow> => ({
  id: variety,
  header: label,
  width: Math.min(WIDEST_PIXELS, Math.max(CELL_PIXELS, label.length * LETTER_PIXELS + PADDING_PIXELS)),
  cell: ({ counts }) => <HeatCell cell={counts.get(variety)} />,
});

const canBeHad = ({ free, held, missing }: Variety): boolean => free + held + missing > 0;

const Totals = ({ varieties }: { readonly varieties: readonly Variety[] }) => (
  <ul className="fleet-totals" aria-label="Over all hosts">
    {varieties.map(({ variety, label, deviceType, filter, free, held, ineligible, missing }) => (
      <li key={variety}>
        <VarietyLink filter={filter} label={label} /> <span className="dimmed">{deviceType === label ? '' : deviceType}</span> {free} free, {held}{' '}
        held
        {ineligible > 0 && <span className="dimmed">, {ineligible} ineligible</span>}
        {missing > 0 && <strong>, {missing} missing</strong>}
      </li>
    ))}
  </ul>
);

const Legend = () => (
  <p className="heat-legend">
    free / all that VMs can have:
    {(['4', '3', '2', '1', '0'] as const).map((heat) => (
      <span key={heat} className="heat" data-heat={heat}>
        {{ 4: 'all free', 3: '¾', 2: '½', 1: '¼', 0: 'none free' }[heat]}
      </span>
    ))}
    <span className="heat" data-heat="none">
      · ineligible
    </span>
    <span className="heat-missing">−1 missing</span>
  </p>
);

const sayHosts = ({ hostStates, rows }: FleetMap, more: boolean): string => {
  if (!hostStates) return `${plural(rows.length, 'host')}${more ? ' or more' : ''} that had devices then`;
  const all = Object.values(hostStates).reduce((sum, count) => sum + count, 0);
  return `${plural(all, 'host')}: ${Object.entries(hostStates)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ')}`;
};

const toQuery = (search: URLSearchParams, asOf: string | undefined): string => {
  const query = new URLSearchParams({ limit: String(asOf === undefined ? PAGE : PAST_PAGE), ...(asOf !== undefined && { at: asOf }) });
  for (const name of CHOICES) if (search.get(name) && (asOf === undefined || name === 'host')) query.set(name, search.get(name) ?? '');
  return query.toString();
};

/** Hosts by what they have: where something is free, where nothing is. */
export const Fleet = () => {
  const [search] = useParameters();
  const query = useFleet(toQuery(search, useAsOf()));
  const varieties = query.data?.varieties ?? [];
  const shown = search.get('all') === 'true' ? varieties : varieties.filter(canBeHad);
  return (
    <>
      <ViewTitle title="Fleet" past="Which hosts could be heard then is not known, and hosts are not chosen by it." />
      <FleetFilter key={search.get('host')} varieties={varieties.filter(canBeHad)} />
      <Answered query={query} what="the fleet">
        {(fleet) =>
          fleet.rows.length === 0 ? (
            <Empty title="No host is like that">Take a condition away, or wait until an agent has told of its host.</Empty>
          ) : (
            <div className="fleet">
              <p className="count" role="status">
                {sayHosts(fleet, query.hasNextPage)}
                {fleet.moreVarieties > 0 && `; ${fleet.moreVarieties} rarer kinds are not shown`}
              </p>
              <Legend />
              <DataTable
                label="Fleet"
                columns={[...HOST_COLUMNS, ...shown.map(toColumn)]}
                rows={fleet.rows}
                rowId={({ host }) => host.hostId}
                more={{ has: query.hasNextPage, loading: query.isFetchingNextPage, fetch: () => void query.fetchNextPage() }}
              />
              <Totals varieties={shown} />
            </div>
          )
        }
      </Answered>
    </>
  );
};
