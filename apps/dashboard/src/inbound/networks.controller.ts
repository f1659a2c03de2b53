import type { IncomingMessage } from 'node:http';
import { Controller, Get, Header, Param, Req } from '@nestjs/common';
import { ApiError } from '@vfleet/contracts';
import { networkHost, targetsOf, type Network, type NetworkHost, type Target } from '../domain/takeover.js';
import { FleetViews } from '../outbound/fleet-views.js';
import { Entrance } from './entrance.js';
import { numberUpTo, readQuery, shortText } from './query.js';

const MAX_HOSTS = 200;

/** Virtual functions by physical network and host, and which host can take over from which; as of now. */
@Controller('api/networks')
export class NetworksController {
  constructor(
    private readonly views: FleetViews,
    private readonly entrance: Entrance,
  ) {}

  /** Every physical network that VFs reach. */
  @Get()
  @Header('cache-control', 'no-store')
  async list(@Req() request: IncomingMessage): Promise<{ readonly items: readonly object[] }> {
    this.entrance.admitReader(request);
    readQuery(request, {});
    const networks = await this.views.networks();
    return { items: networks.map(({ network, free, held }) => ({ network, free, held })) };
  }

  /** Hosts of one network in the order of their ids. */
  @Get(':network/hosts')
  @Header('cache-control', 'no-store')
  async hosts(
    @Param('network') name: string,
    @Req() request: IncomingMessage,
  ): Promise<{ readonly items: readonly NetworkHost[]; readonly hosts: number; readonly nextCursor: string | null }> {
    this.entrance.admitReader(request);
    const { host, cursor = '', limit } = readQuery(request, { host: shortText, cursor: shortText, limit: numberUpTo(MAX_HOSTS, 100, 1) });
    const network = await this.network(name);
    const chosen = [...network.hosts.keys()].filter((hostId) => hostId.toLowerCase().includes((host ?? '').toLowerCase()));
    const page = chosen.filter((hostId) => hostId > cursor).slice(0, limit + 1);
    const items = page.slice(0, limit).map((hostId) => networkHost(network, hostId));
    return { items, hosts: chosen.length, nextCursor: page.length > limit ? (items.at(-1)?.hostId ?? null) : null };
  }

  /** Hosts that could take over all that VMs of one host hold of the network; the best hundred. */
  @Get(':network/hosts/:host/targets')
  @Header('cache-control', 'no-store')
  async targets(
    @Param('network') name: string,
    @Param('host') host: string,
    @Req() request: IncomingMessage,
  ): Promise<{ readonly items: readonly Target[]; readonly more: number }> {
    this.entrance.admitReader(request);
    readQuery(request, {});
    const network = await this.network(name);
    if (!network.hosts.has(host)) throw new ApiError(404, 'HOST_NOT_FOUND', `host ${host} has no virtual function on ${name}`);
    const targets = targetsOf(network, host);
    const items = targets.slice(0, MAX_TARGETS);
    return { items, more: targets.length - items.length };
  }

  private async network(name: string): Promise<Network> {
    const network = await this.views.network(name);
    if (network.hosts.size === 0) throw new ApiError(404, 'NETWORK_NOT_FOUND', `no virtual function reaches a network ${name}`);
    return network;
  }
}

const MAX_TARGETS = 100;
