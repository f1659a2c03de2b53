import { invalidRequest } from '@vfleet/contracts';
import type { LiveEvent } from './live-event.js';

/** Which events a page wants; what is left out does not narrow. */
export interface EventChoice {
  readonly context?: string;
  readonly host?: string;
  readonly vm?: string;
  readonly type?: string;
}

const KEYS = ['context', 'host', 'vm', 'type'] as const;
const CONTEXTS: readonly string[] = ['device', 'host', 'vm', 'migration', 'catalog'];

/** Reads a choice from a query. @throws ApiError 400 that names what is wrong */
export const readChoice = (query: URLSearchParams, others: readonly string[] = []): EventChoice => {
  const faults = [...new Set(query.keys())].flatMap((key) => faultOf(key, query.getAll(key), others));
  if (faults.length > 0) throw invalidRequest(faults);
  return Object.fromEntries(KEYS.flatMap((key) => (query.get(key) ? [[key, query.get(key)]] : [])));
};

const faultOf = (key: string, values: readonly string[], others: readonly string[]): readonly { field: string; message: string }[] => {
  const fault = (message: string) => [{ field: key, message }];
  if (!others.includes(key) && !(KEYS as readonly string[]).includes(key)) return fault('is not known');
  if (values.length > 1) return fault('may be given once');
  if (key === 'context' && values[0] && !CONTEXTS.includes(values[0])) return fault(`must be one of ${CONTEXTS.join(', ')}`);
  return [];
};

/** Whether the event is one of those wanted. A move concerns a VM; which hosts it goes between its subject does not say. */
export const isWanted = ({ context, a, b, type }: LiveEvent, choice: EventChoice): boolean => {
  if (choice.context !== undefined && choice.context !== context) return false;
  if (choice.type !== undefined && choice.type !== type) return false;
  if (choice.host !== undefined && !(isOfHost(context) && a === choice.host)) return false;
  return choice.vm === undefined || (isOfVm(context) && b === choice.vm);
};

const isOfHost = (context: string): boolean => context === 'device' || context === 'host' || context === 'vm';
const isOfVm = (context: string): boolean => context === 'vm' || context === 'migration';
