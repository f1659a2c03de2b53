import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { Eligibility, type EventData } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import { FleetMemory } from '../fleet-memory.js';
import { expectAnswer, inTime } from './answers.js';

/** Which devices hosts keep, whatever else is true of them. Reads answer from the same memory that decides. */
@Controller()
export class EligibilityController {
  constructor(
    private readonly desk: Desk,
    private readonly memory: FleetMemory,
  ) {}

  @MessagePattern('vfleet.api.eligibility.get', REQUESTS)
  get(): Eligibility {
    return { excludedClasses: [...this.memory.settled.catalog().excludedClasses] };
  }

  @MessagePattern('vfleet.api.eligibility.put', REQUESTS)
  async put(@Payload() { excludedClasses }: Eligibility): Promise<Eligibility> {
    const answer = await inTime(this.desk.submit({ command: { type: 'PutEligibility', excludedClasses } }));
    return { excludedClasses: (expectAnswer(answer, 'catalog').entry as EventData<'EligibilityPut'>).excludedClasses };
  }
}
