/** Free, held, ineligible and missing devices of one column on one host. */
export type Cell = readonly [column: number, free: number, held: number, ineligible: number, missing: number];

/** Devices that are asked for alike: a column of the map. */
export interface Variety {
  readonly variety: string;
  readonly label: string;
  readonly deviceType: string;
  readonly filter: Readonly<Record<string, string>>;
  readonly free: number;
  readonly held: number;
  readonly ineligible: number;
  readonly missing: number;
}

export interface FleetHost {
  readonly hostId: string;
  readonly hostname: string;
  /** Null as of an earlier time. */
  readonly state: string | null;
  readonly cells: readonly Cell[];
}

/** A page of `/api/fleet`. */
export interface FleetPage {
  readonly varieties: readonly Variety[];
  readonly moreVarieties: number;
  readonly hostStates: Readonly<Record<string, number>> | null;
  readonly hosts: readonly FleetHost[];
  readonly nextCursor: string | null;
}

/** A host with what it has of each variety, by the variety's key: columns may stand elsewhere on each page. */
export interface FleetRow {
  readonly host: FleetHost;
  readonly counts: ReadonlyMap<string, Cell>;
}

export interface Fleet {
  readonly varieties: readonly Variety[];
  readonly moreVarieties: number;
  readonly hostStates: FleetPage['hostStates'];
  readonly rows: readonly FleetRow[];
}

/** All pages as one map. As of an earlier time each page counts for itself, so that columns are summed up. */
export const toFleet = (pages: readonly FleetPage[]): Fleet => {
  const rows = pages.flatMap(rowsOf);
  const last = pages.at(-1);
  const varieties = last?.hostStates === null ? summed(pages) : (last?.varieties ?? []);
  return { varieties, moreVarieties: last?.moreVarieties ?? 0, hostStates: last?.hostStates ?? null, rows };
};

const known = new WeakMap<FleetPage, readonly FleetRow[]>();

/** A page is taken apart once, however many come behind it. */
const rowsOf = (page: FleetPage): readonly FleetRow[] => {
  const rows = known.get(page) ?? page.hosts.map((host) => ({ host, counts: countsOf(host, page.varieties) }));
  known.set(page, rows);
  return rows;
};

const countsOf = ({ cells }: FleetHost, varieties: readonly Variety[]): ReadonlyMap<string, Cell> =>
  new Map(
    cells.flatMap((cell) => {
      const column = varieties[cell[0]];
      return column ? [[column.variety, cell] as const] : [];
    }),
  );

const summed = (pages: readonly FleetPage[]): readonly Variety[] => {
  const sums = new Map<string, Variety>();
  for (const one of pages.flatMap(({ varieties }) => varieties)) {
    const { free = 0, held = 0, ineligible = 0, missing = 0 } = sums.get(one.variety) ?? {};
    const sum = { free: free + one.free, held: held + one.held, ineligible: ineligible + one.ineligible, missing: missing + one.missing };
    sums.set(one.variety, { ...one, ...sum });
  }
  return [...sums.values()];
};
