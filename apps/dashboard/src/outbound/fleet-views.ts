import { networkOf, type Network, type NetworkShare } from '../domain/takeover.js';
import { toVariety, type Variety } from '../domain/variety.js';
import { Injectable } from '@nestjs/common';
import { KeptClasses } from './kept-classes.js';
import { SharedAnswers } from './shared-answers.js';
import { Views } from './views.js';

/** Which hosts are shown. */
export interface HostChoice {
  /** Part of the host's id or name, in any letter case. */
  readonly text?: string;
  readonly state?: string;
  /** Only hosts with a free device of this variety. */
  readonly freeOf?: string;
}

export interface ShownHost {
  readonly hostId: string;
  readonly hostname: string;
  readonly state: string;
  readonly counts: object;
}

/** Counts of one variety, on one host or on all. */
export interface CountedVariety {
  readonly hostId: string;
  readonly variety: string;
  readonly free: number;
  readonly held: number;
  readonly ineligible: number;
  readonly missing: number;
}

export interface Capacity {
  readonly variety: string;
  readonly hosts: number;
  readonly largest: number;
  readonly largestHostId: string;
  readonly fits2: number;
  readonly fits4: number;
  readonly fits8: number;
  readonly onUntouched: number;
  readonly free: number;
}

const COUNTS = `
  coalesce(sum(counted.devices) filter (where kind.state = 'available'), 0)::int as free,
  coalesce(sum(counted.devices) filter (where kind.state in ('held', 'releasing')), 0)::int as held,
  coalesce(sum(counted.devices) filter (where kind.state = 'ineligible'), 0)::int as ineligible,
  coalesce(sum(counted.devices) filter (where kind.state = 'missing'), 0)::int as missing`;
/** The few counters of the fleet, taken apart once: devices of classes that a host keeps are nobody's wish. */
const KINDS = `kind as materialized (select * from inventory.dashboard_pools where base_class is null or base_class <> all($1))`;
const CHOSEN = `($2::text is null or strpos(lower(host_id), lower($2)) > 0 or strpos(lower(hostname), lower($2)) > 0)
  and ($3::text is null or state = $3)
  and ($4::text is null or host_id in (
    select host_id from inventory.dashboard_host_pools join kind using (pool) where kind.variety = $4 and kind.state = 'available'))`;

/**
 * By host and variety, then by variety. Varieties are told apart by numbers, and the host that has most by the largest text
 * of count and id: sorting the counters of a fleet would take as long as all the rest.
 */
const CAPACITY = `
  with kind as materialized (
    select pool, variety, dense_rank() over (order by variety) as number, state = 'available' as is_free from inventory.dashboard_pools
    where (base_class is null or base_class <> all($1)) and state in ('available', 'held', 'releasing')),
  host as (
    select counted.host_id, kind.number, sum(counted.devices) filter (where is_free) as free, bool_or(not is_free) as is_used
    from inventory.dashboard_host_pools counted join kind using (pool) group by 1, 2),
  variety as (
    select number, count(*)::int as hosts, max(free)::int as largest, substr(max(lpad(free::text, 12, '0') || host_id), 13) as "largestHostId",
      sum(free::int / 2)::int as fits2, sum(free::int / 4)::int as fits4, sum(free::int / 8)::int as fits8, sum(free)::int as free,
      coalesce(sum(free) filter (where not is_used), 0)::int as "onUntouched"
    from host join inventory.dashboard_hosts using (host_id) where free > 0 and state = 'online' group by number)
  select variety.*, named.variety from variety join (select distinct number, variety from kind) named using (number)`;

/** What the inventory's counters say of the fleet, each answer in time that follows from what it shows. */
@Injectable()
export class FleetViews {
  private readonly shared = new SharedAnswers();

  constructor(
    private readonly views: Views,
    private readonly kept: KeptClasses,
  ) {}

  /** Every variety with its counts over the fleet, most devices first. */
  varieties(): Promise<readonly Variety[]> {
    return this.shared.get('varieties', async () => {
      const rows = await this.views.read<CountedVariety & { readonly deviceType: string }>(
        'varieties',
        `with ${KINDS} select variety, min(device_type) as "deviceType", ${COUNTS.replaceAll('counted.', 'kind.')}
         from kind group by variety order by sum(devices) desc, variety`,
        [await this.kept.base()],
      );
      return rows.map(({ variety, deviceType, free, held, ineligible, missing }) =>
        toVariety(variety, deviceType, { free, held, ineligible, missing }),
      );
    });
  }

  /** Hosts by state, of those chosen. */
  hostStates(choice: HostChoice): Promise<Readonly<Record<string, number>>> {
    return this.shared.get(`states ${JSON.stringify(choice)}`, async () => {
      const rows = await this.views.read<{ state: string; hosts: number }>(
        'host states',
        `with ${KINDS} select state, count(*)::int as hosts from inventory.dashboard_hosts where ${CHOSEN} group by state`,
        [await this.kept.base(), ...parametersOf(choice)],
      );
      return Object.fromEntries(rows.map(({ state, hosts }) => [state, hosts]));
    });
  }

  /** Hosts in the order of their ids, those after one. */
  async hosts(choice: HostChoice, after: string, limit: number): Promise<readonly ShownHost[]> {
    return this.views.read<ShownHost>(
      'hosts',
      `with ${KINDS} select host_id as "hostId", hostname, state, counts from inventory.dashboard_hosts
       where host_id > $5 collate "C" and ${CHOSEN} order by host_id limit $6`,
      [await this.kept.base(), ...parametersOf(choice), after, limit],
    );
  }

  /** What these hosts have of each variety. */
  async cells(hostIds: readonly string[]): Promise<readonly CountedVariety[]> {
    return this.views.read<CountedVariety>(
      'cells',
      `with ${KINDS} select counted.host_id as "hostId", kind.variety, ${COUNTS}
       from inventory.dashboard_host_pools counted join kind using (pool) where counted.host_id = any($2) group by 1, 2`,
      [await this.kept.base(), hostIds],
    );
  }

  /** Of each variety that is free somewhere: how it lies on the hosts that take new VMs. */
  capacity(): Promise<readonly Capacity[]> {
    return this.shared.get('capacity', async () => this.views.read<Capacity>('capacity', CAPACITY, [await this.kept.base()]));
  }

  /** Physical networks, and what VFs reach them. */
  networks(): Promise<readonly { readonly network: string; readonly free: number; readonly held: number }[]> {
    return this.shared.get('networks', async () =>
      this.views.read(
        'networks',
        `with ${KINDS} select physical_network as network, ${COUNTS.replaceAll('counted.', 'kind.')}
         from kind where physical_network is not null and function_type = 'vf' group by 1 order by 1 limit 1000`,
        [await this.kept.base()],
      ),
    );
  }

  /** What each host has of the VFs of one network, hosts in the order of their ids. */
  network(name: string): Promise<Network> {
    return this.shared.get(`network ${name}`, async () => {
      const shares = await this.views.read<NetworkShare>(
        'shares',
        `with ${KINDS} select counted.host_id as "hostId", concat(kind.vendor_id, ':', kind.product_id) as product,
           host.state = 'online' as "takesVms", ${COUNTS}
         from inventory.dashboard_host_pools counted join kind using (pool) join inventory.dashboard_hosts host using (host_id)
         where kind.physical_network = $2 and kind.function_type = 'vf' group by 1, 2, 3 order by 1`,
        [await this.kept.base(), name],
      );
      return networkOf(shares);
    });
  }
}

const parametersOf = ({ text, state, freeOf }: HostChoice): readonly (string | null)[] => [text ?? null, state ?? null, freeOf ?? null];
