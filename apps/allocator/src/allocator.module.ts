import { Module, type DynamicModule } from '@nestjs/common';
import { Desk } from './desk.js';
import { FleetMemory } from './fleet-memory.js';
import { HostFactsController } from './inbound/host-facts.controller.js';
import { ReservationsController } from './inbound/reservations.controller.js';
import { VmFactsController } from './inbound/vm-facts.controller.js';
import { VmsController } from './inbound/vms.controller.js';

/** The write side: facts, VM states and requests become events. */
@Module({ controllers: [HostFactsController, VmFactsController, VmsController, ReservationsController] })
export class AllocatorModule {
  static with(desk: Desk, memory: FleetMemory): DynamicModule {
    const providers = [
      { provide: Desk, useValue: desk },
      { provide: FleetMemory, useValue: memory },
    ];
    return { module: AllocatorModule, providers };
  }
}
