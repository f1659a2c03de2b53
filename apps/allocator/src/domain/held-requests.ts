import type { Offering } from '@vfleet/contracts';
import { parseWanted, type Alternative, type Ask, type Attributes, type Catalog } from '@vfleet/pci';
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
  const language = { catalog: forgiving(toCatalog(catalog)), compileWhere };
  const asksOf = (devices: HostReservation['requests']): readonly Ask[] => {
    const parsed = parseWanted({ devices, ...(name !== undefined && { offering: name }) }, language);
    return 'asks' in parsed ? parsed.asks : [];
  };
  const offered = name === undefined ? 0 : asksOf([]).length;
  const offering = name === undefined ? undefined : catalog.offerings.get(name);
  return new Map(asksOf(requests).map((ask, index) => [ask.requestName, { ask, ...(offering && index < offered && { offering }) }]));
};

/** No device is of this kind. */
const NOTHING = { match: { kind: 'forgotten' } };

const forgiving = ({ alias, offering }: Catalog): Catalog => ({
  alias: (name) => alias(name) ?? NOTHING,
  offering: (name) => offering(name) ?? { devices: [] },
  hasModel: () => true,
});

/** The way by which a device serves a request: the first that accepts it, else the first. */
export const servingWay = ({ alternatives }: Ask, attributes: Attributes): Alternative | undefined =>
  alternatives.find(({ accepts }) => accepts(attributes)) ?? alternatives[0];
