import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { InjectRepository } from '@nestjs/typeorm';
import { DeviceHolders, invalidRequest, notFound, type HoldingList } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import type { Repository } from 'typeorm';
import { DeviceEntity } from '../read-model/device.entity.js';
import { FreshReads } from '../read-model/fresh-reads.js';
import { applyToHoldings, type Held } from '../read-model/holdings.js';
import { AsOf, DEVICE_EVENTS } from './as-of.js';

/** Answers who has held a device, and when. */
@Controller()
export class DeviceHoldersController {
  constructor(
    private readonly reads: FreshReads,
    private readonly asOf: AsOf,
    @InjectRepository(DeviceEntity) private readonly devices: Repository<DeviceEntity>,
  ) {}

  @MessagePattern('vfleet.api.devices.holders', REQUESTS)
  async holders(@Payload() { deviceId, from, to }: DeviceHolders): Promise<HoldingList> {
    await this.reads.ready();
    const after = from === undefined ? 0 : await this.asOf.positionOf(from, 'from');
    const upTo = to === undefined ? Number.MAX_SAFE_INTEGER : await this.asOf.positionOf(to, 'to');
    if (after > upTo) throw invalidRequest([{ field: 'from', message: 'is later than to' }]);
    if (!(await this.devices.existsBy({ deviceId }))) throw notFound('device', deviceId);
    const holdings = (await this.asOf.fold<readonly Held[]>(DEVICE_EVENTS, deviceId, Number.MAX_SAFE_INTEGER, applyToHoldings)) ?? [];
    const within = holdings.filter(({ since, until }) => since <= upTo && (until === null || until > after));
    return { items: within.map(({ since: _, until: __, ...holding }) => holding) };
  }
}
