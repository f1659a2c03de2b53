import { compileWhere } from '@vfleet/cel';
import { inventoryDigest } from '@vfleet/contracts';
import type { Surroundings } from './domain/decision.js';
import type { Host } from './domain/host.js';
import { newId } from './new-id.js';

const digests = new WeakMap<object, { readonly missing: object; readonly digest: string }>();

/** Digest over what a host has, as its agent would make it; computed once for each state of its hardware. */
const digestOf = ({ devices, missing }: Host): string => {
  const known = digests.get(devices);
  if (known?.missing === missing) return known.digest;
  const digest = inventoryDigest([...devices.values()].filter(({ deviceId }) => !missing.has(deviceId)));
  digests.set(devices, { missing, digest });
  return digest;
};

let clock = { at: 0, text: '' };

/** Now, in RFC 3339. Many decisions fall into one millisecond, and its text costs as much as a release. */
const now = (): string => {
  const at = Date.now();
  if (at !== clock.at) clock = { at, text: new Date(at).toISOString() };
  return clock.text;
};

/** The clock, ids, and what else a decision takes from outside. */
export const surroundings = (): Surroundings => ({ now: now(), newId, digestOf, compileWhere });
