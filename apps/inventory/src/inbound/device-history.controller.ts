import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { InjectDataSource } from '@nestjs/typeorm';
import { DeviceHistory, notFound, type History } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import type { DataSource } from 'typeorm';
import { FreshReads } from '../read-model/fresh-reads.js';
import { SCHEMA } from '../read-model/inventory.projection.js';
import { readCursor, toPage } from './cursor.js';
import { EVENT_FIELDS, toHistoryItem, type EventRow } from './history-item.js';

/** Answers what happened to a device. The index says which events; they themselves are read from the journal. */
@Controller()
export class DeviceHistoryController {
  constructor(
    private readonly reads: FreshReads,
    @InjectDataSource() private readonly source: DataSource,
  ) {}

  @MessagePattern('vfleet.api.devices.history', REQUESTS)
  async history(@Payload() request: DeviceHistory): Promise<History> {
    const before = readCursor<readonly [number]>(request.cursor, [0]);
    await this.reads.ready();
    const page = await toPage(
      request,
      (limit) => this.read(request.deviceId, before?.[0], limit),
      ({ position }) => [Number(position)],
    );
    if (page.items.length === 0 && !before) throw notFound('device', request.deviceId);
    return { items: page.items.map(toHistoryItem), nextCursor: page.nextCursor };
  }

  private read(deviceId: string, before: number | undefined, limit: number): Promise<EventRow[]> {
    return this.source.query<EventRow[]>(
      `select ${EVENT_FIELDS}
       from ${SCHEMA}.device_events entry join journal.events event using (position)
       where entry.device_id = $1 and ($2::bigint is null or entry.position < $2::bigint)
       order by entry.position desc limit $3`,
      [deviceId, before ?? null, limit],
    );
  }
}
