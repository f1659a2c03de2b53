import { Injectable } from '@nestjs/common';
import type { Device, DeviceList } from '@vfleet/contracts';
import type { CountedDevice } from '../domain/fleet-map.js';
import { Bus } from './bus.js';

const PAGE = 1_000;

/** Devices as they were at a time, which the inventory makes again from events. */
@Injectable()
export class PastFleet {
  constructor(private readonly bus: Bus) {}

  /** Those of some hosts, without classes that a host keeps. @throws ApiError as `devices.list` does */
  async devices(at: string, hostIds: readonly string[]): Promise<readonly CountedDevice[]> {
    const devices: CountedDevice[] = [];
    if (hostIds.length === 0) return devices;
    let cursor: string | null = null;
    do {
      const page: DeviceList = await this.bus.ask('devices.list', {
        at: toAt(at),
        filter: { hostId: hostIds },
        limit: PAGE,
        ...(cursor !== null && { cursor }),
      });
      devices.push(...page.items.filter(isShown));
      cursor = page.nextCursor;
    } while (cursor !== null);
    return devices;
  }
}

/** Digits alone are a position. */
const toAt = (at: string): string | number => (/^\d+$/.test(at) ? Number(at) : at);

const isShown = ({ ineligible }: Device): boolean => !ineligible.some(({ code }) => code === 'CLASS_EXCLUDED');
