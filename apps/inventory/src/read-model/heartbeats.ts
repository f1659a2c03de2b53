import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, type Repository } from 'typeorm';
import { HostEntity } from './host.entity.js';
import { MarkEntity } from './mark.entity.js';

/** When hosts were last heard: heartbeats leave no events, their newest stands in the journal's marks. */
@Injectable()
export class Heartbeats {
  constructor(
    @InjectRepository(HostEntity) private readonly hosts: Repository<HostEntity>,
    @InjectRepository(MarkEntity) private readonly marks: Repository<MarkEntity>,
  ) {}

  /** RFC 3339 by host; a host that never introduced itself may be missing. */
  async of(hostIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const unique = [...new Set(hostIds)];
    const [hosts, marks] = await Promise.all([
      this.hosts.find({ select: { hostId: true, lastSeenAt: true }, where: { hostId: In(unique) } }),
      this.marks.find({ where: { key: In(unique.map((hostId) => `${HOST}${hostId}`)) } }),
    ]);
    const newest = new Map<string, string>();
    const told = [...hosts.map((host) => [host.hostId, host.lastSeenAt] as const), ...marks.map(readMark)];
    for (const [hostId, at] of told) newest.set(hostId, later(newest.get(hostId), at));
    return newest;
  }
}

const HOST = 'host:';

const readMark = ({ key, value }: MarkEntity): readonly [string, string] => [
  key.slice(HOST.length),
  (value as { readonly lastSeenAt: string }).lastSeenAt,
];

/** The later of two times in RFC 3339, UTC; those sort as text. */
export const later = (a: string | undefined, b: string): string => (a === undefined || b > a ? b : a);
