import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { ExplainCandidate, ListCandidates, notFound, type CandidateList, type Explanation } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { explain } from '../domain/explain.js';
import { FleetMemory } from '../fleet-memory.js';
import { candidatesFor, wishOf } from './candidate-wish.js';
import { checkedBody, wishFaults } from './checked-body.js';

/** Which hosts could serve a wish, and why others cannot. Answers come from the memory that decides, and change nothing. */
@Controller()
export class CandidatesController {
  constructor(private readonly memory: FleetMemory) {}

  @MessagePattern('vfleet.api.candidates.list', REQUESTS)
  async list(@Payload() body: object): Promise<CandidateList> {
    return candidatesFor(this.memory, checkedBody(ListCandidates, body, wishFaults));
  }

  @MessagePattern('vfleet.api.candidates.explain', REQUESTS)
  explain(@Payload() body: object): Explanation {
    const { hostId, ...wanted } = checkedBody(ExplainCandidate, body, wishFaults);
    const wish = wishOf(this.memory, wanted);
    const host = this.memory.host(hostId);
    if (!host || (host.status === 'unknown' && host.devices.size === 0)) throw notFound('HOST', hostId);
    return explain(this.memory, host, wish);
  }
}
