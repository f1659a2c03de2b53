import type { Offering } from '@vfleet/contracts';
import { parseWanted, type Alternative, type Ask, type Attributes, type Catalog, type DeviceRequest, type Wanted } from '@vfleet/pci';
import { toCatalog, type CatalogState } from './catalog.js';
import type { Surroundings } from './decision.js';
import type { HostReservation } from './host.js';

/** One request that a reservation serves. */
export interface HeldRequest {
  readonly ask: Ask;
  /** The offering that it is of. */
  readonly offering?: Offering;
}

/** The requests that a reservation serves, by their names. What they name and nobody stores any more accepts nothing. */
export const requestsOf = (
  catalog: CatalogState,
  { requests, offering: name }: Pick<HostReservation, 'requests' | 'offering'>,
  { compileWhere }: Pick<Surroundings, 'compileWhere'>,
): ReadonlyMap<string, HeldRequest> => {
  const asksOf = reader(catalog, compileWhere);
  const named = name === undefined ? {} : { offering: name };
  const offered = asksOf({ devices: [], ...named }).length;
  const offering = name === undefined ? undefined : catalog.offerings.get(name);
  return new Map(
    asksOf({ devices: requests, ...named }).map((ask, index) => [ask.requestName, { ask, ...(offering && index < offered && { offering }) }]),
  );
};

/** One request as it was written, and the names of what it asks for: several where it lists names. */
export interface WrittenRequest {
  readonly request: HostReservation['requests'][number];
  readonly names: readonly string[];
  readonly offered: boolean;
}

/** The requests of a reservation as they were written, those of its offering first. */
export const writtenRequests = (
  catalog: CatalogState,
  { requests, offering: name }: Pick<HostReservation, 'requests' | 'offering'>,
  { compileWhere }: Pick<Surroundings, 'compileWhere'>,
): readonly WrittenRequest[] => {
  const asksOf = reader(catalog, compileWhere);
  const { devices = [], keepOnStop, migration } = (name === undefined ? undefined : catalog.offerings.get(name)) ?? {};
  const offered = devices.map((request) => ({ ...(keepOnStop !== undefined && { keepOnStop }), ...(migration && { migration }), ...request }));
  const names = asksOf({ devices: requests, ...(name !== undefined && { offering: name }) }).map(({ requestName }) => requestName);
  let next = 0;
  return [...offered, ...requests].map((request, index) => {
    const from = next;
    next += asksOf({ devices: [request] }).length;
    return { request, names: names.slice(from, next), offered: index < offered.length };
  });
};

/** Names of requests whose alias is stored no more. */
export const forgottenRequests = (
  catalog: CatalogState,
  held: Pick<HostReservation, 'requests' | 'offering'>,
  surroundings: Pick<Surroundings, 'compileWhere'>,
): ReadonlySet<string> => {
  const isForgotten = ({ alias, firstAvailable = [] }: DeviceRequest): boolean =>
    (alias !== undefined && !catalog.aliases.has(alias)) || firstAvailable.some(isForgotten);
  return new Set(writtenRequests(catalog, held, surroundings).flatMap(({ request, names }) => (isForgotten(request) ? names : [])));
};

const reader = (catalog: CatalogState, compileWhere: Surroundings['compileWhere']): ((wanted: Wanted) => readonly Ask[]) => {
  const language = { catalog: forgiving(toCatalog(catalog)), compileWhere };
  return (wanted) => {
    const parsed = parseWanted(wanted, language);
    return 'asks' in parsed ? parsed.asks : [];
  };
};

/** No device is of this type. */
const NOTHING = { match: { deviceType: 'forgotten' } };

const forgiving = ({ alias, offering }: Catalog): Catalog => ({
  alias: (name) => alias(name) ?? NOTHING,
  offering: (name) => offering(name) ?? { devices: [] },
  hasModel: () => true,
});

/** The way by which a device serves a request: the first that accepts it, else the first. */
export const servingWay = ({ alternatives }: Ask, attributes: Attributes): Alternative | undefined =>
  alternatives.find(({ accepts }) => accepts(attributes)) ?? alternatives[0];
