/** One field that a request has wrong, and what is wrong with it, as the services say it. */
export interface WrongField {
  readonly field: string;
  readonly message: string;
}

/** A refusal by a service: HTTP-like status, closed code, a sentence, details for programs (contract, section 6). */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details?: unknown,
  ) {
    super(message);
  }

  /** The fields that were wrong, where the refusal names some. */
  get fields(): readonly WrongField[] {
    return Array.isArray(this.details) ? this.details.filter(isWrongField) : [];
  }
}

const isWrongField = (value: unknown): value is WrongField =>
  typeof value === 'object' && value !== null && 'field' in value && typeof value.field === 'string' && 'message' in value;

/** Reads a refusal; an answer that no service gave, such as a proxy's, keeps its status. */
export const toApiError = (status: number, body: unknown): ApiError => {
  const { code, message, details } = (body as { error?: { code?: unknown; message?: unknown; details?: unknown } } | undefined)?.error ?? {};
  if (typeof code !== 'string') return new ApiError(status, 'UNAVAILABLE', `The server answered ${status} without a reason.`);
  return new ApiError(status, code, typeof message === 'string' ? message : code, details);
};

/** The server was not reached at all. */
export const notReached = (): ApiError => new ApiError(503, 'UNAVAILABLE', 'The dashboard\u2019s server cannot be reached.');

/** Too many, away, or a proxy whose server was gone before it answered or did not answer in time: it may be asked again. */
const PASSING = new Set([429, 502, 503, 504]);

/** Whether the same read may well be answered in a moment, by another server behind the same address for one. */
export const isPassing = (error: unknown): boolean => error instanceof ApiError && PASSING.has(error.status);
