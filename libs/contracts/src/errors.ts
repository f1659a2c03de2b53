import type { Fault } from '@vfleet/pci';
import { boundedFaults } from './bounded-faults.js';
import type { UnmetRequest } from './request.js';

/** What an error reply carries beside its HTTP-like status. */
export interface ApiErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly details?: unknown };
}

/** A refusal that the caller is told: HTTP-like status, closed code, one sentence, details for programs. */
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

  toBody(): ApiErrorBody {
    return { error: { code: this.code, message: this.message, ...(this.details !== undefined && { details: this.details }) } };
  }
}

export const sayFaults = (faults: readonly Fault[]): string =>
  boundedFaults(faults)
    .map(({ field, message }) => `${field} ${message}`)
    .join('; ');

/** 400: what was sent is wrong; `details` names each field. */
export const invalidRequest = (faults: readonly Fault[]): ApiError => new ApiError(400, 'INVALID_REQUEST', sayFaults(faults), boundedFaults(faults));
/** 403: whoever asks may not say that; `details` names each field. */
export const forbidden = (faults: readonly Fault[]): ApiError => new ApiError(403, 'FORBIDDEN', sayFaults(faults), boundedFaults(faults));
/** 404, `DEVICE_NOT_FOUND` for a device. */
export const notFound = (what: string, which: string): ApiError =>
  new ApiError(404, `${what.toUpperCase()}_NOT_FOUND`, `there is no ${what.toLowerCase().replaceAll('_', ' ')} ${which}`);
/** 409: the request contradicts what is. */
export const conflict = (code: string, message: string, details?: unknown): ApiError => new ApiError(409, code, message, details);
/** 422: understood, and cannot be served; the reasons stand in `details.unmet`. */
export const unsatisfiable = (message: string, unmet: readonly UnmetRequest[], code = 'UNSATISFIABLE'): ApiError =>
  new ApiError(422, code, message, { unmet });
/** 503: not now, try again. */
export const unavailable = (message: string): ApiError => new ApiError(503, 'UNAVAILABLE', message);
/** 429: more is waiting than may wait. */
export const tooManyRequests = (): ApiError => new ApiError(429, 'TOO_MANY_REQUESTS', 'too much is waiting already; try again later');
