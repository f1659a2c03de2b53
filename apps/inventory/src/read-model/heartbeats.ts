import { Inject, Injectable } from '@nestjs/common';
import { PLATFORM, type Platform } from '@vfleet/service-kit';
import { SCHEMA } from './inventory.projection.js';

interface Heard {
  readonly host_id: string;
  readonly told: Date | null;
  readonly marked: string | null;
}

/** When hosts were last heard: heartbeats leave no events, their newest stands in the journal's marks. */
@Injectable()
export class Heartbeats {
  constructor(@Inject(PLATFORM) private readonly platform: Pick<Platform, 'pool'>) {}

  /** RFC 3339 by host; a host that never introduced itself may be missing. */
  async of(hostIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const unique = [...new Set(hostIds)];
    const { rows } = await this.platform.pool.query<Heard>(
      `select wanted.host_id, host.last_seen_at as told, mark.value ->> 'lastSeenAt' as marked from unnest($1::text[]) as wanted(host_id)
       left join ${SCHEMA}.hosts host on host.host_id = wanted.host_id
       left join journal.marks mark on mark.key = 'host:' || wanted.host_id`,
      [unique],
    );
    const newest = new Map<string, string>();
    for (const { host_id, told, marked } of rows)
      for (const at of [told?.toISOString(), marked]) if (at) newest.set(host_id, later(newest.get(host_id), at));
    return newest;
  }
}

/** The later of two times in RFC 3339, UTC; those sort as text. */
export const later = (a: string | undefined, b: string): string => (a === undefined || b > a ? b : a);
