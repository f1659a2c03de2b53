import { countIn, NOTHING, toVariety, varietyOf, type Counts, type Varied, type Variety, type VarietyKey } from './variety.js';

/** Free, held, ineligible and missing devices of one variety on one host; the first number says which variety of the reply. */
export type Cell = readonly [variety: number, free: number, held: number, ineligible: number, missing: number];

/** A device as `devices.list` tells of it. */
export interface CountedDevice extends Varied {
  readonly hostId: string;
  readonly state: string;
}

export interface FleetMap {
  /** Most devices first. */
  readonly varieties: readonly Variety[];
  readonly cells: ReadonlyMap<string, readonly Cell[]>;
}

/** Counts devices by host and variety. */
export const mapOf = (devices: Iterable<CountedDevice>): FleetMap => {
  const fleet = new Map<VarietyKey, { readonly deviceType: string; counts: Counts }>();
  const hosts = new Map<string, Map<VarietyKey, Counts>>();
  for (const device of devices) {
    const variety = varietyOf(device);
    const total = fleet.get(variety) ?? { deviceType: device.deviceType, counts: NOTHING };
    fleet.set(variety, { ...total, counts: countIn(total.counts, device.state) });
    const host = hosts.get(device.hostId) ?? new Map<VarietyKey, Counts>();
    hosts.set(device.hostId, host.set(variety, countIn(host.get(variety) ?? NOTHING, device.state)));
  }
  const varieties = [...fleet].map(([variety, { deviceType, counts }]) => toVariety(variety, deviceType, counts)).sort(mostFirst);
  const index = new Map(varieties.map(({ variety }, at) => [variety, at]));
  const cells = [...hosts].map(
    ([hostId, counted]) => [hostId, [...counted].map(([variety, counts]) => toCell(index.get(variety) ?? 0, counts))] as const,
  );
  return { varieties, cells: new Map(cells) };
};

export const toCell = (variety: number, { free, held, ineligible, missing }: Counts): Cell => [variety, free, held, ineligible, missing];

/** Most devices first, then by name, so that columns keep their places. */
export const mostFirst = (a: Variety, b: Variety): number => sum(b) - sum(a) || (a.variety < b.variety ? -1 : 1);

const sum = ({ free, held, ineligible, missing }: Counts): number => free + held + ineligible + missing;
