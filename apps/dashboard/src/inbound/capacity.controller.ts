import type { IncomingMessage } from 'node:http';
import { Controller, Get, Header, Req } from '@nestjs/common';
import { capacityOf, FRAGMENTATION, type PoolCapacity } from '../domain/fragmentation.js';
import { FleetViews } from '../outbound/fleet-views.js';
import { Entrance } from './entrance.js';
import { readQuery } from './query.js';

const MOST = 1_000;

export interface Capacity {
  /** Most devices first. */
  readonly items: readonly PoolCapacity[];
  readonly more: number;
  /** What `fragmentation` is, in words. */
  readonly fragmentation: string;
}

/** What can still be had of each variety of devices, as of now; the past has no counters to ask. */
@Controller('api/capacity')
export class CapacityController {
  constructor(
    private readonly views: FleetViews,
    private readonly entrance: Entrance,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  async list(@Req() request: IncomingMessage): Promise<Capacity> {
    this.entrance.admitReader(request);
    readQuery(request, {});
    const [varieties, capacity] = await Promise.all([this.views.varieties(), this.views.capacity()]);
    const free = new Map(capacity.map((one) => [one.variety, one]));
    const items = varieties.slice(0, MOST).map((variety) => capacityOf(variety, free.get(variety.variety)));
    return { items, more: varieties.length - items.length, fragmentation: FRAGMENTATION };
  }
}
