import type { Command } from 'commander';
import type { Pool } from '@vfleet/contracts';
import { parseMatch } from '../match-option.js';
import { collect, withClient } from '../options.js';
import { renderList } from '../render/format.js';
import { poolColumns } from '../render/pools.js';
import type { Terminal } from '../terminal.js';

const DEFAULT_KEYS = 'vendorId,productId';

export const addPools = (program: Command, terminal: Terminal): void => {
  program
    .command('pools')
    .description('how many devices there are, and how many are free')
    .command('ls')
    .description('count devices by what they have in common')
    .option('--by <keys>', 'keys of a match, hostId, state, eligible; "" counts everything together', DEFAULT_KEYS)
    .option('--match <key=value>', 'count only these; any key of a filter, and may be given again', collect)
    .action(async ({ by, match = [] }: { readonly by: string; readonly match?: readonly string[] }, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const keys = by.split(',').filter((key) => key !== '');
        const items: Pool[] = [];
        for (let cursor: string | null | undefined; cursor !== null;) {
          const request = { groupBy: [...keys], filter: parseMatch('--match', match), ...(cursor !== undefined && { cursor }) };
          const page = await client.request('pools.list', request);
          items.push(...page.items);
          cursor = page.nextCursor;
        }
        terminal.out(renderList({ items, columns: poolColumns(keys), empty: 'No device matches.' }, output, terminal.paint));
      }),
    );
};
