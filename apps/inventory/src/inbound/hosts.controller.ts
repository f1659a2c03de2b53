import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { InjectRepository } from '@nestjs/typeorm';
import { GetHost, ListHosts, notFound, type Host, type HostFilter, type HostList } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import type { Repository } from 'typeorm';
import { FreshReads } from '../read-model/fresh-reads.js';
import { Heartbeats } from '../read-model/heartbeats.js';
import { shownState } from '../read-model/host.js';
import { HostEntity } from '../read-model/host.entity.js';
import { readCursor, toPage } from './cursor.js';

/** Answers what hosts there are, how they are, and how many devices each has to give. */
@Controller()
export class HostsController {
  constructor(
    private readonly reads: FreshReads,
    private readonly heartbeats: Heartbeats,
    @InjectRepository(HostEntity) private readonly hosts: Repository<HostEntity>,
  ) {}

  @MessagePattern('vfleet.api.hosts.list', REQUESTS)
  async list(@Payload() request: ListHosts): Promise<HostList> {
    const after = readCursor<readonly [string]>(request.cursor, ['']);
    await this.reads.ready();
    const page = await toPage(
      request,
      (limit) => this.read(request.filter ?? {}, after?.[0], limit),
      ({ hostId }) => [hostId],
    );
    return { items: await this.show(page.items), nextCursor: page.nextCursor };
  }

  @MessagePattern('vfleet.api.hosts.get', REQUESTS)
  async get(@Payload() { hostId }: GetHost): Promise<Host> {
    await this.reads.ready();
    const [host] = await this.show(await this.hosts.findBy({ hostId }));
    if (!host) throw notFound('host', hostId);
    return host;
  }

  private read({ state, labels }: HostFilter, after: string | undefined, limit: number): Promise<HostEntity[]> {
    const query = this.hosts.createQueryBuilder('host').orderBy('host.hostId').limit(limit);
    if (state !== undefined) query.andWhere('host.state = :heard', { heard: state === 'draining' ? 'online' : state });
    if (state === 'draining' || state === 'online') query.andWhere('host.draining = :draining', { draining: state === 'draining' });
    if (labels) query.andWhere(`host.description -> 'labels' @> cast(:labels as jsonb)`, { labels: JSON.stringify(labels) });
    if (after !== undefined) query.andWhere('host.host_id > :after', { after });
    return query.getMany();
  }

  private async show(rows: readonly HostEntity[]): Promise<Host[]> {
    const heard = await this.heartbeats.of(rows.map(({ hostId }) => hostId));
    return rows.map(({ hostId, description, state, draining, firstSeenAt, lastSeenAt, counts }) => ({
      ...description,
      hostId,
      state: shownState({ state, draining }),
      firstSeenAt,
      lastSeenAt: heard.get(hostId) ?? lastSeenAt,
      counts,
    }));
  }
}
