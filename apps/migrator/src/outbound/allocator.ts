import { internalSubject, type INTERNAL, type InternalName } from '@vfleet/contracts';
import type { Ask } from './ask-as-owner.js';

type Request<Name extends InternalName> = InstanceType<(typeof INTERNAL)[Name]['request']>;
type Reply<Name extends InternalName> = InstanceType<(typeof INTERNAL)[Name]['reply']>;

/** A decision about one move takes milliseconds: who has not answered by then has ended, and another one may be there. */
const ONE_MOVE_MS = 2_000;
const WHOLE_HOST_MS = 5_000;

/** Who holds what is decided by the allocator alone; a move asks it to hold, to replace and to settle. */
export class Allocator {
  constructor(private readonly asked: Ask) {}

  /** @throws ApiError */
  async ask<Name extends InternalName>(name: Name, request: Request<Name>): Promise<Reply<Name>> {
    return (await this.asked(internalSubject(name), request, name.startsWith('moves.') ? ONE_MOVE_MS : WHOLE_HOST_MS)) as Reply<Name>;
  }
}
