import type { Command } from 'commander';
import type { VfleetClient } from '@vfleet/client';
import type { Pool } from '@vfleet/contracts';
import { parseMatch } from '../match-option.js';
import { collect } from '../options.js';
import { listView } from '../render/format.js';
import { poolsBy } from '../render/pools.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { DEVICE_EVENTS } from './devices.js';

const DEFAULT_KEYS = 'vendorId,productId';

interface PoolOptions {
  readonly by: string;
  readonly match?: readonly string[];
}

export const addPools = (program: Command, terminal: Terminal): void => {
  const noun = program.command('pools').description('how many devices there are, and how many are free');
  const ls = addVerb(noun, {
    name: 'ls',
    tells: 'count devices by what they have in common',
    asks: ['pools.list'],
    isDefault: true,
    examples: ['vfleet pools', 'vfleet pools ls --by hostId,deviceType --match class=02'],
  })
    .option('--by <keys>', 'keys of a match, hostId, state, eligible; "" counts everything together', DEFAULT_KEYS)
    .option('--match <key=value>', 'count only these; any key of a filter, and may be given again', collect);
  shows<[], PoolOptions>(ls, terminal, {
    see: async (client, _, { by, match = [] }) => {
      const keys = by.split(',').filter((key) => key !== '');
      return listView(poolsBy(keys), await everyPool(client, keys, parseMatch('--match', match)), 'No device matches.');
    },
    wakes: () => ({ subjects: DEVICE_EVENTS }),
  });
};

const everyPool = async (client: VfleetClient, groupBy: readonly string[], filter: Record<string, unknown>): Promise<readonly Pool[]> => {
  const items: Pool[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await client.request('pools.list', { groupBy: [...groupBy], filter, ...(cursor !== undefined && { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
};
