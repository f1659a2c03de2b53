import type { IncomingMessage } from 'node:http';
import { invalidRequest } from '@vfleet/contracts';

/** How one parameter of a query is read: its value, or what it must be. */
export interface Parameter<T> {
  readonly parse: (text: string) => T | undefined;
  readonly form: string;
  readonly fallback: T;
}

export const oneOf = (values: readonly string[]): Parameter<string | undefined> => ({
  parse: (text) => (values.includes(text) ? text : undefined),
  form: `one of ${values.join(', ')}`,
  fallback: undefined,
});

const LONGEST = 512;
export const shortText: Parameter<string | undefined> = {
  parse: (text) => (text.length <= LONGEST ? text : undefined),
  form: `at most ${LONGEST} characters`,
  fallback: undefined,
};

export const numberUpTo = (most: number, fallback: number, least = 0): Parameter<number> => ({
  parse: (text) => (/^\d{1,16}$/.test(text) && Number(text) <= most && Number(text) >= least ? Number(text) : undefined),
  form: `a whole number from ${least} to ${most}`,
  fallback,
});

type Values<P> = { readonly [Key in keyof P]: P[Key] extends Parameter<infer T> ? T : never };

/** What was asked for. A path may begin with two slashes, and would name a server by that, or what can be none. */
export const addressOf = ({ url = '/' }: Pick<IncomingMessage, 'url'>): URL =>
  new URL(url.startsWith('/') ? `http://dashboard${url}` : url, 'http://dashboard');

export const queryOf = (request: IncomingMessage): URLSearchParams => addressOf(request).searchParams;

/** Reads a query; what is empty counts as not given. @throws ApiError 400 that names every fault */
export const readQuery = <P extends Readonly<Record<string, Parameter<unknown>>>>(request: IncomingMessage, parameters: P): Values<P> => {
  const query = queryOf(request);
  const faults: { field: string; message: string }[] = [];
  for (const key of new Set(query.keys())) {
    if (!Object.hasOwn(parameters, key)) faults.push({ field: key, message: 'is not understood' });
    else if (query.getAll(key).length > 1) faults.push({ field: key, message: 'may be given once' });
  }
  const values = Object.entries(parameters).map(([key, { parse, form, fallback }]) => {
    const text = query.get(key);
    if (text === null || text === '') return [key, fallback];
    const value = parse(text);
    if (value === undefined) faults.push({ field: key, message: `must be ${form}` });
    return [key, value];
  });
  if (faults.length > 0) throw invalidRequest(faults);
  return Object.fromEntries(values) as Values<P>;
};
