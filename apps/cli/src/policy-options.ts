import type { Policy } from '@vfleet/contracts';
import { UsageError } from './exit-codes.js';
import { parseMatch } from './match-option.js';

/** What `vfleet policies put` takes; times in seconds. */
export interface PolicyOptions {
  readonly mode: Policy['mode'];
  readonly selector?: readonly string[];
  readonly match?: NonNullable<Policy['match']>;
  readonly anyModel?: boolean;
  readonly map?: readonly string[];
  readonly requireStandby?: boolean;
  readonly onNoTarget?: 'reject' | 'detach';
  readonly unplug?: number;
  readonly move?: number;
  readonly plug?: number;
}

/** @throws UsageError */
export const toPolicy = (name: string, options: PolicyOptions): Policy => {
  const { mode, selector, match, anyModel, map, requireStandby, onNoTarget, unplug, move, plug } = options;
  const deadlines = { ...(unplug !== undefined && { unplug }), ...(move !== undefined && { migrate: move }), ...(plug !== undefined && { plug }) };
  return {
    name,
    ...(selector && { selector: parseMatch('--selector', selector) }),
    mode,
    ...(match && { match }),
    ...(anyModel && { anyModel }),
    ...(map && { addressMap: Object.fromEntries(map.map(toPair)) }),
    ...(requireStandby && { requireStandby }),
    ...(onNoTarget && { onNoTarget }),
    ...(Object.keys(deadlines).length > 0 && { deadlines }),
  };
};

const toPair = (text: string): readonly [string, string] => {
  const [source, target, ...rest] = text.split('=');
  if (source && target && rest.length === 0) return [source, target];
  throw new UsageError(`--map ${text} is no source=target; write for example --map 0000:28:02.0=0000:65:02.0`);
};
