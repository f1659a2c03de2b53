import { Module, type DynamicModule } from '@nestjs/common';
import type { Log } from '@vfleet/messaging';
import { ApiController } from './inbound/api.controller.js';
import { CapacityController } from './inbound/capacity.controller.js';
import { DevicesCsvController } from './inbound/devices-csv.controller.js';
import { Entrance, type EntranceOptions } from './inbound/entrance.js';
import { FleetController } from './inbound/fleet.controller.js';
import { HealthController } from './inbound/health.controller.js';
import { LiveController } from './inbound/live.controller.js';
import { NetworksController } from './inbound/networks.controller.js';
import { PageController } from './inbound/page.controller.js';
import { EventFeed } from './live/event-feed.js';
import { ChangeTeller } from './live/fleet-changes.js';
import { Bus } from './outbound/bus.js';
import { FleetViews } from './outbound/fleet-views.js';
import { KeptClasses } from './outbound/kept-classes.js';
import { PastFleet } from './outbound/past-fleet.js';
import { Views } from './outbound/views.js';
import { PageFiles } from './page/page-files.js';

export interface DashboardOptions extends EntranceOptions {
  readonly natsUrl: string;
  /** Folder with what it shows of itself to NATS. */
  readonly natsIdentity?: string;
  readonly pgUrl: string;
  readonly pageFolder: string;
  /** Newest events that stay in memory. */
  readonly kept?: number;
  readonly log: Log;
}

/** The page, the one road to the requests, and the events live. It decides nothing and keeps nothing. */
@Module({})
export class DashboardModule {
  static of({ natsUrl, natsIdentity = '', pgUrl, pageFolder, kept, log, ...entrance }: DashboardOptions): DynamicModule {
    return {
      module: DashboardModule,
      // The page comes last: it answers every path that is nobody else's.
      controllers: [
        DevicesCsvController,
        FleetController,
        CapacityController,
        NetworksController,
        ApiController,
        LiveController,
        HealthController,
        PageController,
      ],
      providers: [
        FleetViews,
        KeptClasses,
        PastFleet,
        { provide: Bus, useFactory: () => new Bus({ natsUrl, natsIdentity }, log) },
        { provide: Views, useFactory: () => new Views(pgUrl, log) },
        { provide: Entrance, useFactory: () => new Entrance(entrance) },
        { provide: PageFiles, useFactory: () => new PageFiles(pageFolder) },
        { provide: EventFeed, useFactory: () => new EventFeed({ log, ...(kept !== undefined && { kept }) }) },
        { provide: ChangeTeller, inject: [EventFeed], useFactory: (feed: EventFeed) => new ChangeTeller(feed) },
      ],
    };
  }
}
