import { useSearchParams } from 'wouter';

/** A time (RFC 3339, UTC) or a position of the journal that the page shows the fleet as of; undefined: now. */
export type AsOf = string | undefined;

const POSITION = /^\d{1,19}$/;
const DATE = /^\d{4}-\d{2}-\d{2}/;

/** Reads the parameter `at` of the address; what is neither a time nor a position counts as none. */
export const parseAsOf = (text: string | null): AsOf => {
  if (!text) return undefined;
  if (POSITION.test(text)) return text;
  const time = DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
};

/** As the requests take it: to be spread into one. */
export const atField = (asOf: AsOf): { at?: string | number } => {
  if (asOf === undefined) return {};
  return { at: POSITION.test(asOf) && Number(asOf) <= Number.MAX_SAFE_INTEGER ? Number(asOf) : asOf };
};

/** Whether something of a time and a position was there by then already. */
export const isBy = (asOf: AsOf, time: string, position?: string): boolean => {
  if (asOf === undefined) return true;
  if (!POSITION.test(asOf)) return Date.parse(time) <= Date.parse(asOf);
  return position === undefined || BigInt(position) <= BigInt(asOf);
};

export const useAsOf = (): AsOf => parseAsOf(useSearchParams()[0].get('at'));
