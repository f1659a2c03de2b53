import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { compileWhere } from '@vfleet/cel';
import { DEFAULT_LIMIT, ExplainCandidate, ListCandidates, invalidRequest, notFound, type CandidateList, type Explanation } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import type { Wish } from '@vfleet/pci';
import { listCandidates } from '../candidates.js';
import { explain } from '../domain/explain.js';
import { understand } from '../domain/reserve.js';
import { FleetMemory } from '../fleet-memory.js';
import { toError } from './answers.js';
import { checkedBody, wishFaults } from './checked-body.js';

/** Hosts that one question may name. */
const MAX_HOSTS = 1_000;

/** A VM that holds nothing: no VM has this name. */
const NO_VM = '';

/** Which hosts could serve a wish, and why others cannot. Answers come from the memory that decides, and change nothing. */
@Controller()
export class CandidatesController {
  constructor(private readonly memory: FleetMemory) {}

  @MessagePattern('vfleet.api.candidates.list', REQUESTS)
  async list(@Payload() body: object): Promise<CandidateList> {
    const { limit = DEFAULT_LIMIT, hostIds, ...wanted } = checkedBody(ListCandidates, body, wishFaults);
    if (hostIds && hostIds.length > MAX_HOSTS) throw invalidRequest([{ field: 'hostIds', message: `names more than ${MAX_HOSTS} hosts` }]);
    return listCandidates(this.memory, this.wishOf(wanted), { limit, ...(hostIds && { hostIds }) });
  }

  @MessagePattern('vfleet.api.candidates.explain', REQUESTS)
  explain(@Payload() body: object): Explanation {
    const { hostId, ...wanted } = checkedBody(ExplainCandidate, body, wishFaults);
    const wish = this.wishOf(wanted);
    const host = this.memory.host(hostId);
    if (!host || (host.status === 'unknown' && host.devices.size === 0)) throw notFound('HOST', hostId);
    return explain(this.memory, host, wish);
  }

  private wishOf({ devices = [], offering, numaNodes, tenant }: Omit<ExplainCandidate, 'hostId'>): Wish {
    if (devices.length === 0 && offering === undefined) throw invalidRequest([{ field: 'devices', message: 'asks for nothing' }]);
    const wishes = { devices, ...(offering !== undefined && { offering }), ...(numaNodes && { numaNodes }) };
    const understood = understand(this.memory, { vmId: NO_VM, wishes, ...(tenant !== undefined && { tenant }) }, { compileWhere });
    if ('refused' in understood) throw toError(understood.refused);
    return understood.wish;
  }
}
