import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { InjectRepository } from '@nestjs/typeorm';
import { GetVm, notFound, type Vm } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import type { Repository } from 'typeorm';
import { FreshReads } from '../read-model/fresh-reads.js';
import { MarkEntity } from '../read-model/mark.entity.js';
import { readVmMark, vmMark } from '../read-model/vm-mark.js';
import { showVm } from '../read-model/vm.js';
import { VmEntity } from '../read-model/vm.entity.js';
import { AsOf } from './as-of.js';
import { pastVm } from './past-vm.js';

/** Answers how a VM is, what it wants and what it holds. */
@Controller()
export class VmsController {
  constructor(
    private readonly reads: FreshReads,
    private readonly asOf: AsOf,
    @InjectRepository(VmEntity) private readonly vms: Repository<VmEntity>,
    @InjectRepository(MarkEntity) private readonly marks: Repository<MarkEntity>,
  ) {}

  @MessagePattern('vfleet.api.vms.get', REQUESTS)
  async get(@Payload() { vmId, at }: GetVm): Promise<Vm> {
    await this.reads.ready();
    const vm = at === undefined ? await this.asItIs(vmId) : await this.asItWas(vmId, at);
    if (!vm) throw notFound('vm', vmId);
    return vm;
  }

  private async asItIs(vmId: string): Promise<Vm | undefined> {
    const [row, mark] = await Promise.all([this.vms.findOneBy({ vmId }), this.marks.findOneBy({ key: vmMark(vmId) })]);
    return showVm(vmId, row, mark && readVmMark(mark));
  }

  private async asItWas(vmId: string, at: string | number): Promise<Vm | undefined> {
    return showVm(vmId, await pastVm(this.asOf, vmId, at), null);
  }
}
