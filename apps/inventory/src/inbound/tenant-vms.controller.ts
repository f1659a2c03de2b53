import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { GetVm, invalidRequest, notFound, tenantOf, tenantsSubject, type Vm } from '@vfleet/contracts';
import { REQUESTS, RequestContext } from '@vfleet/messaging';
import { FreshReads } from '../read-model/fresh-reads.js';
import { TenantVms } from '../read-model/tenant-vms.js';
import { isOfTenant, showVm } from '../read-model/vm.js';
import { AsOf } from './as-of.js';
import { pastVm } from './past-vm.js';

/** How far the journal has come tells what all tenants do together. */
const POSITION = /^\d+$/;
const NOT_A_TIME = { field: 'at', message: 'must be a time as in 2026-11-20T10:00:00Z' };

/** Answers a tenant how its own VMs are, what they want and what they hold. To it there are no others. */
@Controller()
export class TenantVmsController {
  constructor(
    private readonly reads: FreshReads,
    private readonly asOf: AsOf,
    private readonly vms: TenantVms,
  ) {}

  @MessagePattern(tenantsSubject('vms.get'), REQUESTS)
  async get(@Payload() { vmId, at }: GetVm, @Ctx() { message }: RequestContext): Promise<Vm> {
    const tenant = tenantOf(message.subject);
    if (at !== undefined && POSITION.test(String(at))) throw invalidRequest([NOT_A_TIME]);
    await this.reads.ready();
    const { row, marked } = await this.vms.find(tenant, vmId);
    const now = showVm(vmId, row, marked);
    const vm = now && at !== undefined ? await this.asItWas(tenant, vmId, at) : now;
    if (!vm) throw notFound('vm', vmId);
    return vm;
  }

  /** Of what is the tenant's now, no more than what was its own then. */
  private async asItWas(tenant: string, vmId: string, at: string | number): Promise<Vm | undefined> {
    const row = await pastVm(this.asOf, vmId, at);
    return row && isOfTenant(row, tenant) ? showVm(vmId, row, null) : undefined;
  }
}
