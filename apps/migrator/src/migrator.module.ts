import { Module, type DynamicModule } from '@nestjs/common';
import { FactsController } from './inbound/facts.controller.js';
import { HostsController } from './inbound/hosts.controller.js';
import { MigrationsController } from './inbound/migrations.controller.js';
import { Moves } from './moves.js';
import { Allocator } from './outbound/allocator.js';
import { SagaDesk } from './saga-desk.js';
import { SagaMemory } from './saga-memory.js';

/** Moves VMs together with their devices. */
@Module({ controllers: [FactsController, HostsController, MigrationsController] })
export class MigratorModule {
  static with(parts: { readonly desk: SagaDesk; readonly memory: SagaMemory; readonly moves: Moves; readonly allocator: Allocator }): DynamicModule {
    const providers = [
      { provide: SagaDesk, useValue: parts.desk },
      { provide: SagaMemory, useValue: parts.memory },
      { provide: Moves, useValue: parts.moves },
      { provide: Allocator, useValue: parts.allocator },
    ];
    return { module: MigratorModule, providers };
  }
}
