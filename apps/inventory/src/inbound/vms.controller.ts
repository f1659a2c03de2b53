import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { InjectRepository } from '@nestjs/typeorm';
import { GetVm, notFound, type Vm } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import type { Repository } from 'typeorm';
import { FreshReads } from '../read-model/fresh-reads.js';
import { MarkEntity } from '../read-model/mark.entity.js';
import { timeOf } from '../read-model/known-event.js';
import { applyToVm, showVm, type SeenState, type VmRow } from '../read-model/vm.js';
import { VmEntity } from '../read-model/vm.entity.js';
import { AsOf, VM_EVENTS } from './as-of.js';

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
    const [row, mark] = await Promise.all([this.vms.findOneBy({ vmId }), this.marks.findOneBy({ key: `vm:${vmId}` })]);
    return showVm(vmId, row, mark && readMark(mark));
  }

  /** States that leave no event have no past. */
  private async asItWas(vmId: string, at: string | number): Promise<Vm | undefined> {
    const position = await this.asOf.positionOf(at);
    const row = await this.asOf.fold<VmRow>(VM_EVENTS, vmId, position, (before, event) => applyToVm(before, vmId, event));
    return showVm(vmId, row, null);
  }
}

type MarkedState = Pick<SeenState, 'state' | 'occurredAt'> & { readonly hostId?: string; readonly sequence?: number };

const readMark = ({ value }: MarkEntity): SeenState => {
  const { state, hostId = null, sequence = null, occurredAt } = value as MarkedState;
  return { state, hostId, sequence, occurredAt: timeOf(occurredAt, new Date(0).toISOString()) };
};
