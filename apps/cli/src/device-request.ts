import type { DeviceRequest } from '@vfleet/contracts';
import { UsageError } from './exit-codes.js';

/** `10GE`, or `10GE:2` for two, of the option that says what it names; a name may hold colons, the count is what follows the last one. */
export const parseCounted = (what: 'device' | 'alias' | 'model', text: string): DeviceRequest => {
  const [, name = '', count] = /^(.*?)(?::(\d{1,4}))?$/s.exec(text) ?? [];
  if (name.trim() === '')
    throw new UsageError(`--${what} ${JSON.stringify(text)} names nothing; write a name and, after a colon, a count: --${what} 10GE:2`);
  return { [what]: name, ...(count !== undefined && { count: Number(count) }) };
};
