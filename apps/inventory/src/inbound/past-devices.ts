import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DEFAULT_LIMIT, type GetDevice, type ListDevices } from '@vfleet/contracts';
import { addressSortKey, parsePciAddress } from '@vfleet/pci';
import type { Repository } from 'typeorm';
import { DeviceEntity } from '../read-model/device.entity.js';
import type { ShownDevice } from '../read-model/host-picture.js';
import { AsOf } from './as-of.js';
import { toCursor, type Page } from './cursor.js';
import { toTest } from './device-filter.js';
import { behindHost, compareKeys, type DeviceKey } from './device-key.js';
import { PastHosts } from './past-hosts.js';
import { readWhere } from './where.js';

type At = string | number;

/** One page makes hosts again for this long, in milliseconds; where they have too few devices that fit, it ends with those it has. */
const MAX_MS = 2_000;

const keyOf = ({ hostId, observation: { kind, address }, deviceId }: ShownDevice): DeviceKey => [hostId, addressSortKey(kind, address), deviceId];

/** Devices as they were. */
@Injectable()
export class PastDevices {
  constructor(
    private readonly asOf: AsOf,
    private readonly hosts: PastHosts,
    @InjectRepository(DeviceEntity) private readonly devices: Repository<DeviceEntity>,
  ) {}

  /** Undefined where there was none. */
  async find({ deviceId, hostId, address = '' }: GetDevice, at: At): Promise<ShownDevice | undefined> {
    const position = await this.asOf.positionOf(at);
    const host = deviceId === undefined ? hostId : (await this.devices.findOneBy({ deviceId }))?.hostId;
    if (host === undefined) return undefined;
    const devices = await this.hosts.devices(host, position, await this.hosts.rules(position));
    if (deviceId !== undefined) return devices.find((device) => device.deviceId === deviceId);
    const canonical = parsePciAddress(address) ?? address.toLowerCase();
    const there = devices.filter(({ observation }) => observation.address === canonical);
    return there.find(({ presence }) => presence === 'present') ?? there.find(({ presence }) => presence === 'missing');
  }

  async list({ filter, where, limit = DEFAULT_LIMIT }: ListDevices, at: At, after: DeviceKey | undefined): Promise<Page<ShownDevice>> {
    const [passes, fits] = [toTest(filter), readWhere(where)?.fits ?? (() => true)];
    const position = await this.asOf.positionOf(at);
    const rules = await this.hosts.rules(position);
    const end = performance.now() + MAX_MS;
    const items: ShownDevice[] = [];
    for await (const hostId of this.hosts.hostIds(after?.[0] ?? '', hostIdsOf(filter))) {
      const devices = (await this.hosts.devices(hostId, position, rules)).filter((device) => passes(device) && fits(device));
      items.push(
        ...devices.filter((device) => after === undefined || compareKeys(keyOf(device), after) > 0).sort((a, b) => compareKeys(keyOf(a), keyOf(b))),
      );
      if (items.length > limit) return { items: items.slice(0, limit), nextCursor: toCursor(keyOf(items[limit - 1] as ShownDevice)) };
      if (performance.now() > end) return { items, nextCursor: toCursor(behindHost(hostId)) };
    }
    return { items, nextCursor: null };
  }
}

const hostIdsOf = (filter: ListDevices['filter']): readonly string[] | undefined =>
  filter?.['hostId'] === undefined ? undefined : ([filter['hostId']].flat() as string[]);
