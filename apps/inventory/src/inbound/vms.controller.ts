import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { InjectRepository } from '@nestjs/typeorm';
import { GetVm, notFound, type Vm } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import type { Repository } from 'typeorm';
import { FreshReads } from '../read-model/fresh-reads.js';
import { MarkEntity } from '../read-model/mark.entity.js';
import { timeOf } from '../read-model/known-event.js';
import { showVm, type SeenState } from '../read-model/vm.js';
import { VmEntity } from '../read-model/vm.entity.js';

/** Answers how a VM is, what it wants and what it holds. */
@Controller()
export class VmsController {
  constructor(
    private readonly reads: FreshReads,
    @InjectRepository(VmEntity) private readonly vms: Repository<VmEntity>,
    @InjectRepository(MarkEntity) private readonly marks: Repository<MarkEntity>,
  ) {}

  @MessagePattern('vfleet.api.vms.get', REQUESTS)
  async get(@Payload() { vmId }: GetVm): Promise<Vm> {
    await this.reads.ready();
    const [row, mark] = await Promise.all([this.vms.findOneBy({ vmId }), this.marks.findOneBy({ key: `vm:${vmId}` })]);
    const vm = showVm(vmId, row, mark && readMark(mark));
    if (!vm) throw notFound('vm', vmId);
    return vm;
  }
}

type MarkedState = Pick<SeenState, 'state' | 'occurredAt'> & { readonly hostId?: string; readonly sequence?: number };

const readMark = ({ value }: MarkEntity): SeenState => {
  const { state, hostId = null, sequence = null, occurredAt } = value as MarkedState;
  return { state, hostId, sequence, occurredAt: timeOf(occurredAt, new Date(0).toISOString()) };
};
