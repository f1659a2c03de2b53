import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { notFound, type Device } from '@vfleet/contracts';
import type { Repository } from 'typeorm';
import { DeviceEntity } from '../read-model/device.entity.js';
import { FreshReads } from '../read-model/fresh-reads.js';
import { Heartbeats } from '../read-model/heartbeats.js';
import { showDevice } from './device-view.js';

/** Rows of devices, and how they are shown. */
@Injectable()
export class DeviceRows {
  constructor(
    private readonly reads: FreshReads,
    private readonly heartbeats: Heartbeats,
    @InjectRepository(DeviceEntity) private readonly devices: Repository<DeviceEntity>,
  ) {}

  /**
   * A device that is in its host, or has vanished from it while held.
   * @throws ApiError 404
   */
  async present(deviceId: string): Promise<DeviceEntity> {
    await this.reads.ready();
    const row = await this.devices.findOneBy({ deviceId });
    if (!row || row.presence === 'removed') throw notFound('device', deviceId);
    return row;
  }

  /**
   * A device as it is after a change that was just committed.
   * @throws ApiError 404, 503
   */
  async afterChange(deviceId: string): Promise<DeviceEntity> {
    await this.reads.changed();
    return this.present(deviceId);
  }

  /** Every device of a host that is there, or has vanished while held, in the order of addresses. */
  async ofHost(hostId: string): Promise<readonly DeviceEntity[]> {
    await this.reads.ready();
    const rows = await this.devices.find({ where: { hostId }, order: { sortKey: 'ASC', deviceId: 'ASC' } });
    return rows.filter(({ presence }) => presence !== 'removed');
  }

  async show(rows: readonly DeviceEntity[]): Promise<Device[]> {
    const heard = await this.heartbeats.of(rows.map(({ hostId }) => hostId));
    return rows.map((row) => showDevice(row, heard.get(row.hostId)));
  }
}
