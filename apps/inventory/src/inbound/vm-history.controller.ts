import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { InjectDataSource, InjectRepository } from '@nestjs/typeorm';
import { VmHistory, notFound, type History } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import type { DataSource, Repository } from 'typeorm';
import { FreshReads } from '../read-model/fresh-reads.js';
import { MarkEntity } from '../read-model/mark.entity.js';
import { VM_EVENTS } from './as-of.js';
import { readCursor, toPage } from './cursor.js';
import { EVENT_FIELDS, toHistoryItem, type EventRow } from './history-item.js';

/** Answers what happened to a VM: the events that changed what is shown of it, and those of its own stream, refusals among them. */
@Controller()
export class VmHistoryController {
  constructor(
    private readonly reads: FreshReads,
    @InjectDataSource() private readonly source: DataSource,
    @InjectRepository(MarkEntity) private readonly marks: Repository<MarkEntity>,
  ) {}

  @MessagePattern('vfleet.api.vms.history', REQUESTS)
  async history(@Payload() request: VmHistory): Promise<History> {
    const before = readCursor<readonly [number]>(request.cursor, [0]);
    await this.reads.ready();
    const page = await toPage(
      request,
      (limit) => this.read(request.vmId, before?.[0], limit),
      ({ position }) => [Number(position)],
    );
    if (page.items.length === 0 && !before) await this.insistKnown(request.vmId);
    return { items: page.items.map(toHistoryItem), nextCursor: page.nextCursor };
  }

  private read(vmId: string, before: number | undefined, limit: number): Promise<EventRow[]> {
    return this.source.query<EventRow[]>(
      `select ${EVENT_FIELDS} from journal.events event
       where event.position in (
         (select position from ${VM_EVENTS.table} where vm_id = $1 and position < $3 order by position desc limit $4)
         union
         (select position from journal.events where stream = $2 and position < $3 order by version desc limit $4))
       order by event.position desc limit $4`,
      [vmId, `vm-${vmId}`, before ?? Number.MAX_SAFE_INTEGER, limit],
    );
  }

  /** A VM that never asked for anything leaves no event, and is known all the same. */
  private async insistKnown(vmId: string): Promise<void> {
    if (!(await this.marks.existsBy({ key: `vm:${vmId}` }))) throw notFound('vm', vmId);
  }
}
