import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { InjectRepository } from '@nestjs/typeorm';
import { GetDevice, ListDevices, invalidRequest, notFound, type Device, type DeviceList } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { parsePciAddress, type Fault } from '@vfleet/pci';
import type { Repository } from 'typeorm';
import { DeviceEntity } from '../read-model/device.entity.js';
import { FreshReads } from '../read-model/fresh-reads.js';
import { readCursor } from './cursor.js';
import { DeviceSearch } from './device-search.js';
import type { DeviceKey } from './device-key.js';
import { DeviceRows } from './device-rows.js';
import { showDevice } from './device-view.js';
import { PastDevices } from './past-devices.js';
import { scanPage } from './scan-page.js';
import { readWhere } from './where.js';

const keyOf = ({ hostId, sortKey, deviceId }: DeviceEntity): DeviceKey => [hostId, sortKey, deviceId];

const everything = (): boolean => true;

/** Answers what devices there are, and who holds them. */
@Controller()
export class DevicesController {
  constructor(
    private readonly reads: FreshReads,
    private readonly rows: DeviceRows,
    private readonly past: PastDevices,
    private readonly search: DeviceSearch,
    @InjectRepository(DeviceEntity) private readonly devices: Repository<DeviceEntity>,
  ) {}

  @MessagePattern('vfleet.api.devices.list', REQUESTS)
  async list(@Payload() request: ListDevices): Promise<DeviceList> {
    const where = readWhere(request.where);
    const after = readCursor<DeviceKey>(request.cursor, ['', '', '']);
    const read = this.search.by(request.filter, where, () => this.reads.ready());
    if (request.at !== undefined) {
      await this.reads.ready();
      const { items, nextCursor } = await this.past.list(request, request.at, after);
      return { items: items.map((device) => showDevice(device, undefined)), nextCursor };
    }
    const page = await scanPage(request, after, read, keyOf, where?.fits ?? everything);
    return { items: await this.rows.show(page.items), nextCursor: page.nextCursor };
  }

  @MessagePattern('vfleet.api.devices.get', REQUESTS)
  async get(@Payload() request: GetDevice): Promise<Device> {
    const find = finderOf(request);
    await this.reads.ready();
    const [device] = request.at === undefined ? await this.rows.show(await find(this.devices)) : await this.asItWas(request, request.at);
    if (!device) throw notFound('device', request.deviceId ?? `${request.address} on host ${request.hostId}`);
    return device;
  }

  private async asItWas(request: GetDevice, at: string | number): Promise<readonly Device[]> {
    const device = await this.past.find(request, at);
    return device ? [showDevice(device, undefined)] : [];
  }
}

type Find = (devices: Repository<DeviceEntity>) => Promise<DeviceEntity[]>;

/** By id also a removed device is found; an address finds what is there, before what has vanished while it was held. */
const finderOf = ({ deviceId, hostId, address }: GetDevice): Find => {
  const faults: Fault[] = [];
  if (deviceId !== undefined && (hostId !== undefined || address !== undefined))
    faults.push({ field: 'deviceId', message: 'must stand alone, or hostId and address without it' });
  if (deviceId === undefined && hostId === undefined)
    faults.push({ field: 'hostId', message: 'is missing; a device is asked for by deviceId, or by hostId and address' });
  if (deviceId === undefined && address === undefined)
    faults.push({ field: 'address', message: 'is missing; a device is asked for by deviceId, or by hostId and address' });
  if (faults.length > 0) throw invalidRequest(faults);
  if (deviceId !== undefined) return (devices) => devices.findBy({ deviceId });

  const canonical = parsePciAddress(address as string) ?? (address as string).toLowerCase();
  return (devices) =>
    devices
      .createQueryBuilder('device')
      .where(`device.host_id = :hostId and device.address = :address and device.presence <> 'removed'`, { hostId, address: canonical })
      .orderBy({ 'device.presence': 'DESC', 'device.lastSeenAt': 'DESC', 'device.deviceId': 'ASC' })
      .limit(1)
      .getMany();
};
