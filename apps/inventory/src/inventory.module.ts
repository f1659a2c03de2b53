import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { STREAMS, fromCloudEvent, type CloudEvent } from '@vfleet/contracts';
import { DeadLetters, Journal, Projector, jetStreamEvents, openPool } from '@vfleet/journal';
import { PLATFORM, type Platform, type ServiceConfig, type TenantsConfig } from '@vfleet/service-kit';
import { AsOf } from './inbound/as-of.js';
import { DeadLettersController } from './inbound/dead-letters.controller.js';
import { DeviceChangesController } from './inbound/device-changes.controller.js';
import { DeviceHoldersController } from './inbound/device-holders.controller.js';
import { HostTreeController } from './inbound/host-tree.controller.js';
import { DeviceSearch } from './inbound/device-search.js';
import { PastDevices } from './inbound/past-devices.js';
import { PastHosts } from './inbound/past-hosts.js';
import { DeviceHistoryController } from './inbound/device-history.controller.js';
import { DeviceRows } from './inbound/device-rows.js';
import { DevicesController } from './inbound/devices.controller.js';
import { HostsController } from './inbound/hosts.controller.js';
import { MigrationsController } from './inbound/migrations.controller.js';
import { PoolsController } from './inbound/pools.controller.js';
import { Snapshots } from './inbound/snapshots.js';
import { SystemController } from './inbound/system.controller.js';
import { TenantVmsController } from './inbound/tenant-vms.controller.js';
import { VmHistoryController } from './inbound/vm-history.controller.js';
import { VmsController } from './inbound/vms.controller.js';
import { Allocator } from './outbound/allocator.js';
import { unknownIn } from './migrations/migrate.js';
import { projectionHooks } from './projection-watch.js';
import { DeviceEntity } from './read-model/device.entity.js';
import { FreshReads } from './read-model/fresh-reads.js';
import { Heartbeats } from './read-model/heartbeats.js';
import { HostEntity } from './read-model/host.entity.js';
import { MAX_BATCH, SCHEMA, inventoryProjection } from './read-model/inventory.projection.js';
import { MarkEntity } from './read-model/mark.entity.js';
import { MigrationEntity } from './read-model/migration.entity.js';
import { TenantVmEntity, TenantVmMarkEntity } from './read-model/tenant-vm.entity.js';
import { TenantVms } from './read-model/tenant-vms.js';
import { VmEntity } from './read-model/vm.entity.js';

const ENTITIES = [DeviceEntity, HostEntity, VmEntity, MigrationEntity, MarkEntity, TenantVmEntity, TenantVmMarkEntity];
const READ_CONNECTIONS = 8;

/** The read side: one projector that writes, controllers that read. */
@Module({})
export class InventoryModule {
  /** `tenants`: whether tenants are answered as well. */
  static of({ pgUrl, tenants = false }: Pick<ServiceConfig, 'pgUrl'> & Partial<TenantsConfig>): DynamicModule {
    const extra = { max: READ_CONNECTIONS, application_name: 'vfleet-inventory-reads' };
    return {
      module: InventoryModule,
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: pgUrl, schema: SCHEMA, entities: ENTITIES, extra }),
        TypeOrmModule.forFeature(ENTITIES),
      ],
      controllers: [
        DevicesController,
        DeviceHistoryController,
        DeviceChangesController,
        DeviceHoldersController,
        HostTreeController,
        PoolsController,
        HostsController,
        VmsController,
        VmHistoryController,
        MigrationsController,
        DeadLettersController,
        SystemController,
        ...(tenants ? [TenantVmsController] : []),
      ],
      providers: [
        Heartbeats,
        AsOf,
        Allocator,
        DeviceRows,
        DeviceSearch,
        { provide: Snapshots, useFactory: () => new Snapshots(openPool({ url: pgUrl, name: 'vfleet-inventory-snapshots', max: READ_CONNECTIONS })) },
        PastHosts,
        PastDevices,
        TenantVms,
        { provide: Journal, inject: [PLATFORM], useFactory: ({ pool }: Platform) => new Journal(pool) },
        { provide: DeadLetters, inject: [PLATFORM], useFactory: ({ pool }: Platform) => new DeadLetters(pool) },
        { provide: Projector, inject: [PLATFORM], useFactory: liveProjector },
        {
          provide: FreshReads,
          inject: [Journal, Projector],
          useFactory: (journal: Journal, projector: Projector) => new FreshReads(journal, projector),
        },
      ],
    };
  }
}

const liveProjector = (platform: Platform): Projector => {
  const { pool, nats, log } = platform;
  return new Projector({
    ...projectionHooks(platform, SCHEMA),
    pool,
    projection: { ...inventoryProjection(), isTakenOver: async (client) => (await unknownIn(client, SCHEMA)).length > 0 },
    live: jetStreamEvents({ nats, stream: STREAMS.EVT.name, decode: (message) => fromCloudEvent(message.json<CloudEvent>()) }),
    log,
    maxBatch: MAX_BATCH,
  });
};
