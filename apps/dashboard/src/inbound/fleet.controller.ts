import type { IncomingMessage } from 'node:http';
import { Controller, Get, Header, Req } from '@nestjs/common';
import type { Host } from '@vfleet/contracts';
import { mapOf, toCell, type Cell } from '../domain/fleet-map.js';
import type { Variety } from '../domain/variety.js';
import { FleetViews, type CountedVariety, type HostChoice, type ShownHost } from '../outbound/fleet-views.js';
import { PastFleet } from '../outbound/past-fleet.js';
import { Entrance } from './entrance.js';
import { numberUpTo, oneOf, readQuery, shortText } from './query.js';

const STATES = ['online', 'offline', 'stale', 'draining'];
const MAX_HOSTS = 1_000;
/** Devices of earlier times are made again from events. */
const MAX_PAST_HOSTS = 50;
const MAX_VARIETIES = 200;
const PARAMETERS = {
  host: shortText,
  state: oneOf(STATES),
  freeOf: shortText,
  at: shortText,
  cursor: shortText,
  limit: numberUpTo(MAX_HOSTS, 200, 1),
};

export interface FleetPage {
  /** Columns, most devices first. With `at`, those of this page, counted over this page. */
  readonly varieties: readonly Variety[];
  readonly moreVarieties: number;
  /** Hosts by state of all that were chosen; null as of an earlier time, which does not know. */
  readonly hostStates: Readonly<Record<string, number>> | null;
  readonly hosts: readonly FleetHost[];
  readonly nextCursor: string | null;
}

export interface FleetHost {
  readonly hostId: string;
  readonly hostname: string;
  /** Null as of an earlier time. */
  readonly state: string | null;
  readonly counts: Host['counts'] | null;
  readonly cells: readonly Cell[];
}

/** The fleet as hosts and varieties of devices, with how many of each are free, held, ineligible and missing. */
@Controller('api/fleet')
export class FleetController {
  constructor(
    private readonly views: FleetViews,
    private readonly past: PastFleet,
    private readonly entrance: Entrance,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  async page(@Req() request: IncomingMessage): Promise<FleetPage> {
    this.entrance.admitReader(request);
    const { host, state, freeOf, at, cursor, limit } = readQuery(request, PARAMETERS);
    const choice: HostChoice = { ...(host && { text: host }), ...(state && { state }), ...(freeOf && { freeOf }) };
    const size = at === undefined ? limit : Math.min(limit, MAX_PAST_HOSTS);
    const found = await this.views.hosts(choice, cursor ?? '', size + 1);
    const hosts = found.slice(0, size);
    const nextCursor = found.length > size ? (hosts.at(-1)?.hostId ?? null) : null;
    return at === undefined ? this.now(choice, hosts, nextCursor) : this.asOf(at, hosts, nextCursor);
  }

  private async now(choice: HostChoice, hosts: readonly ShownHost[], nextCursor: string | null): Promise<FleetPage> {
    const [all, hostStates, counted] = await Promise.all([
      this.views.varieties(),
      this.views.hostStates(choice),
      this.views.cells(hosts.map(({ hostId }) => hostId)),
    ]);
    const varieties = all.slice(0, MAX_VARIETIES);
    const cells = cellsByHost(varieties, counted);
    const shown = hosts.map((host) => ({ ...host, counts: host.counts as Host['counts'], cells: cells.get(host.hostId) ?? [] }));
    return { varieties, moreVarieties: all.length - varieties.length, hostStates, hosts: shown, nextCursor };
  }

  private async asOf(at: string, hosts: readonly ShownHost[], nextCursor: string | null): Promise<FleetPage> {
    const { varieties, cells } = mapOf(
      await this.past.devices(
        at,
        hosts.map(({ hostId }) => hostId),
      ),
    );
    // A host that had no devices then may not have been there.
    const there = hosts.filter(({ hostId }) => cells.has(hostId));
    const shown = there.map(({ hostId, hostname }) => ({ hostId, hostname, state: null, counts: null, cells: cells.get(hostId) ?? [] }));
    return { varieties, moreVarieties: 0, hostStates: null, hosts: shown, nextCursor };
  }
}

const cellsByHost = (varieties: readonly Variety[], counted: readonly CountedVariety[]): ReadonlyMap<string, readonly Cell[]> => {
  const index = new Map(varieties.map(({ variety }, at) => [variety, at]));
  const cells = new Map<string, Cell[]>();
  for (const { hostId, variety, ...counts } of counted) {
    const at = index.get(variety);
    if (at === undefined) continue;
    const own = cells.get(hostId);
    if (own) own.push(toCell(at, counts));
    else cells.set(hostId, [toCell(at, counts)]);
  }
  return cells;
};
