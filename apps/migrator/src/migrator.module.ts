import { Module, type DynamicModule } from '@nestjs/common';
import { Hotplugs } from './hotplugs.js';
import { FactsController } from './inbound/facts.controller.js';
import { HostsController } from './inbound/hosts.controller.js';
import { MigrationsController } from './inbound/migrations.controller.js';
import { VmDevicesController } from './inbound/vm-devices.controller.js';
import { Moves } from './moves.js';
import { Allocator } from './outbound/allocator.js';
import { SagaDesk } from './saga-desk.js';
import { SagaMemory } from './saga-memory.js';

interface Parts {
  readonly desk: SagaDesk;
  readonly memory: SagaMemory;
  readonly moves: Moves;
  readonly hotplugs: Hotplugs;
  readonly allocator: Allocator;
}

/** Moves VMs together with their devices, and plugs devices in and unplugs them. */
@Module({ controllers: [FactsController, HostsController, MigrationsController, VmDevicesController] })
export class MigratorModule {
  static with(parts: Parts): DynamicModule {
    const providers = [
      { provide: SagaDesk, useValue: parts.desk },
      { provide: SagaMemory, useValue: parts.memory },
      { provide: Moves, useValue: parts.moves },
      { provide: Hotplugs, useValue: parts.hotplugs },
      { provide: Allocator, useValue: parts.allocator },
    ];
    return { module: MigratorModule, providers };
  }
}
