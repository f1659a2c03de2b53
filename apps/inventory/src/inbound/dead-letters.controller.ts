import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { GetDeadLetter, ListDeadLetters, invalidRequest, notFound, type DeadLetter, type DeadLetterList } from '@vfleet/contracts';
import { DeadLetters } from '@vfleet/journal';
import { REQUESTS } from '@vfleet/messaging';
import { InjectPlatform, type Platform } from '@vfleet/service-kit';
import { publishAgain } from '../outbound/publish-again.js';
import { readCursor, toPage } from './cursor.js';

/** Answers which facts could not be accepted, and why; takes an operator's word on what becomes of them. */
@Controller()
export class DeadLettersController {
  constructor(
    private readonly letters: DeadLetters,
    @InjectPlatform() private readonly platform: Platform,
  ) {}

  @MessagePattern('vfleet.api.deadletters.list', REQUESTS)
  async list(@Payload() request: ListDeadLetters): Promise<DeadLetterList> {
    const unknown = Object.keys(request.filter ?? {}).map((key) => ({ field: `filter.${key}`, message: 'is not understood' }));
    if (unknown.length > 0) throw invalidRequest(unknown);
    const [receivedAt, id] = readCursor<readonly [string, string]>(request.cursor, ['', '']) ?? [];
    if (receivedAt !== undefined && Number.isNaN(Date.parse(receivedAt)))
      throw invalidRequest([{ field: 'cursor', message: 'is none that this list has given' }]);
    const before = receivedAt === undefined || id === undefined ? undefined : { receivedAt, id };
    return toPage(
      request,
      async (limit): Promise<readonly DeadLetter[]> => this.letters.list(limit, before),
      (letter) => [letter.receivedAt, letter.id],
    );
  }

  @MessagePattern('vfleet.api.deadletters.get', REQUESTS)
  async get(@Payload() { id }: GetDeadLetter): Promise<DeadLetter> {
    const letter = await this.letters.get(id);
    if (!letter) throw notFound('dead_letter', id);
    const { headers: _, payload, ...kept } = letter;
    return { ...kept, payload: payload.toString('base64') };
  }

  /** The fact takes its way once more; it is a dead letter again, a new one, if it still cannot be accepted. */
  @MessagePattern('vfleet.api.deadletters.replay', REQUESTS)
  async replay(@Payload() { id }: GetDeadLetter): Promise<DeadLetter> {
    const letter = await this.letters.get(id);
    if (!letter) throw notFound('dead_letter', id);
    await publishAgain(this.platform.nats, letter);
    return this.discard({ id });
  }

  @MessagePattern('vfleet.api.deadletters.discard', REQUESTS)
  async discard(@Payload() { id }: GetDeadLetter): Promise<DeadLetter> {
    const letter = await this.letters.discard(id);
    if (!letter) throw notFound('dead_letter', id);
    return letter;
  }
}
