import { AsyncLocalStorage } from 'node:async_hooks';

/** W3C Trace Context, level 1, section 3.2: version, trace id, parent id, flags; all zeros is none. */
const FORM = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The first that is a trace context; what is none is as if it were not there. */
export const parentOf = (...told: readonly (string | undefined)[]): string | undefined => told.find((one) => one !== undefined && FORM.test(one));

export const traceIdOf = (traceparent: string | undefined): string | undefined =>
  traceparent === undefined ? undefined : FORM.exec(traceparent)?.[1];

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
}

export const readTraceparent = (traceparent: string | undefined): TraceContext | undefined => {
  const [, traceId, spanId, flags] = FORM.exec(traceparent ?? '') ?? [];
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId, flags: Number.parseInt(flags ?? '0', 16) };
};

export const sayTraceparent = ({ traceId, spanId, flags }: TraceContext): string => `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;

const current = new AsyncLocalStorage<string>();

/** Does the work, and all that comes of it, as part of a trace; without one it is just done, and costs nothing. */
export const inTrace = <Result>(traceparent: string | undefined, work: () => Result): Result =>
  traceparent === undefined ? work() : current.run(traceparent, work);

/** Of what is being done now; undefined where that is part of no trace. */
export const currentTraceparent = (): string | undefined => current.getStore();
