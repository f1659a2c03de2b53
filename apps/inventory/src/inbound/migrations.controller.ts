import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { InjectRepository } from '@nestjs/typeorm';
import { ListMigrations, MigrationKey, notFound, type Migration, type MigrationFilter, type MigrationList } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import type { Repository } from 'typeorm';
import { FreshReads } from '../read-model/fresh-reads.js';
import { MigrationEntity } from '../read-model/migration.entity.js';
import { showMigration } from '../read-model/migration.js';
import { readCursor, toPage } from './cursor.js';

/** Answers which VMs move or have moved, and how far each has come. */
@Controller()
export class MigrationsController {
  constructor(
    private readonly reads: FreshReads,
    @InjectRepository(MigrationEntity) private readonly migrations: Repository<MigrationEntity>,
  ) {}

  @MessagePattern('vfleet.api.migrations.list', REQUESTS)
  async list(@Payload() request: ListMigrations): Promise<MigrationList> {
    const before = readCursor<readonly [number]>(request.cursor, [0]);
    await this.reads.ready();
    const page = await toPage(
      request,
      (limit) => this.read(request.filter ?? {}, before?.[0], limit),
      ({ position }) => [position],
    );
    return { items: page.items.map(showMigration), nextCursor: page.nextCursor };
  }

  @MessagePattern('vfleet.api.migrations.get', REQUESTS)
  async get(@Payload() { migrationId }: MigrationKey): Promise<Migration> {
    await this.reads.ready();
    const row = await this.migrations.findOneBy({ migrationId });
    if (!row) throw notFound('migration', migrationId);
    return showMigration(row);
  }

  /** Newest first. */
  private read({ vmId, hostId, state, active }: MigrationFilter, before: number | undefined, limit: number): Promise<MigrationEntity[]> {
    const query = this.migrations.createQueryBuilder('migration').orderBy('migration.position', 'DESC').limit(limit);
    if (vmId !== undefined) query.andWhere('migration.vm_id = :vmId', { vmId });
    if (hostId !== undefined) query.andWhere('(migration.source_host_id = :hostId or migration.target_host_id = :hostId)', { hostId });
    if (state !== undefined) query.andWhere('migration.state = :state', { state });
    if (active !== undefined) query.andWhere(`migration.finished_at is ${active ? '' : 'not '}null`);
    if (before !== undefined) query.andWhere('migration.position < :before', { before });
    return query.getMany();
  }
}
