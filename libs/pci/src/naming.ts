import { toAlternative } from './alternative.js';
import type { Ask } from './ask.js';
import type { CompileWhere } from './device-request.js';
import type { Resolved } from './request-names.js';

/** Characters of what a made name begins with; the index comes after it. */
const MAX_BASE = 128;

/**
 * Makes asks of requests, the first `offered` of which are an offering's. A name that the VM's own request has is kept as
 * it is; one that stands a second time, in the offering, gets an index like those that are made.
 */
export const nameAsks = (requests: readonly Resolved[], offered: number, compileWhere: CompileWhere): readonly Ask[] => {
  const taken = new Set<string>();
  const claim = ({ name }: Resolved): string | undefined => {
    if (name === undefined || taken.has(name)) return undefined;
    taken.add(name);
    return name;
  };
  const own = requests.slice(offered).map(claim);
  const names = [...requests.slice(0, offered).map(claim), ...own];
  return requests.map(({ name, base, plain, link }, index) => ({
    requestName: names[index] ?? makeName(name ?? base, taken),
    alternatives: plain.map((one) => toAlternative(one, compileWhere, link !== undefined)),
    key: JSON.stringify([plain, link !== undefined]),
    ...(link !== undefined && { link }),
  }));
};

const makeName = (whole: string, taken: Set<string>): string => {
  const base = whole.slice(0, MAX_BASE);
  let index = 0;
  while (taken.has(`${base}-${index}`)) index += 1;
  taken.add(`${base}-${index}`);
  return `${base}-${index}`;
};
