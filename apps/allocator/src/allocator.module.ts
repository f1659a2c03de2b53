import { Module, type DynamicModule } from '@nestjs/common';
import { Desk } from './desk.js';
import { FleetMemory } from './fleet-memory.js';
import { AliasesController } from './inbound/aliases.controller.js';
import { CandidatesController } from './inbound/candidates.controller.js';
import { DevicesController } from './inbound/devices.controller.js';
import { DrainingController } from './inbound/draining.controller.js';
import { EligibilityController } from './inbound/eligibility.controller.js';
import { HostFactsController } from './inbound/host-facts.controller.js';
import { ModelsController } from './inbound/models.controller.js';
import { MovesController } from './inbound/moves.controller.js';
import { OfferingsController } from './inbound/offerings.controller.js';
import { PoliciesController } from './inbound/policies.controller.js';
import { ProbesController } from './inbound/probes.controller.js';
import { QuotasController } from './inbound/quotas.controller.js';
import { ReservationsController } from './inbound/reservations.controller.js';
import { TenantsController } from './inbound/tenants.controller.js';
import { VmDevicesController } from './inbound/vm-devices.controller.js';
import { VmFactsController } from './inbound/vm-facts.controller.js';
import { VmsController } from './inbound/vms.controller.js';

const FACTS = [HostFactsController, VmFactsController];
const HARDWARE = [DevicesController, ProbesController];
const CATALOG = [ModelsController, AliasesController, OfferingsController, PoliciesController, QuotasController, EligibilityController];
const MOVES = [MovesController, DrainingController, VmDevicesController];

/** The write side: facts, VM states and requests become events. */
@Module({ controllers: [...FACTS, ...HARDWARE, VmsController, ReservationsController, CandidatesController, ...CATALOG, ...MOVES] })
export class AllocatorModule {
  /** `tenants`: whether tenants are answered as well. */
  static with(desk: Desk, memory: FleetMemory, { tenants = false }: { readonly tenants?: boolean } = {}): DynamicModule {
    const providers = [
      { provide: Desk, useValue: desk },
      { provide: FleetMemory, useValue: memory },
    ];
    return { module: AllocatorModule, providers, controllers: tenants ? [TenantsController] : [] };
  }
}
