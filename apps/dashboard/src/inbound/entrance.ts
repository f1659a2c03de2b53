import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ApiError } from '@vfleet/contracts';

export interface EntranceOptions {
  /** Undefined: nobody may act. */
  readonly token: string | undefined;
  readonly readWithoutToken: boolean;
}

/**
 * Who may read and who may act. A token comes in the header `Authorization: Bearer <token>` and never by itself, as a
 * cookie would, so that no foreign page can act in an operator's name.
 */
export class Entrance {
  private readonly digest: Buffer | undefined;

  constructor(private readonly options: EntranceOptions) {
    this.digest = options.token === undefined ? undefined : digestOf(options.token);
  }

  /** @throws ApiError 401, 403 */
  admitReader(request: IncomingMessage): void {
    if (!this.options.readWithoutToken) this.admitOperator(request);
  }

  /** @throws ApiError 401, 403 */
  admitOperator({ headers: { authorization } }: IncomingMessage): void {
    if (!this.digest) throw new ApiError(403, 'FORBIDDEN', 'this dashboard has no token: nobody may do that here');
    const [, token] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
    if (token === undefined) throw new ApiError(401, 'TOKEN_REQUIRED', 'this needs a token: send the header Authorization: Bearer <token>');
    if (!timingSafeEqual(digestOf(token), this.digest)) throw new ApiError(403, 'FORBIDDEN', 'this token is not valid');
  }
}

/** Digests are of one length, so that comparing them takes one time. */
const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();
