import type { Command } from 'commander';
import { parseMatch } from '../match-option.js';
import { collect, wholeNumber } from '../options.js';
import { listed, withPages, type PagesOptions } from '../pages-option.js';
import { QUOTAS } from '../render/catalog.js';
import { recordView } from '../render/format.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

interface OfDevices {
  readonly match: readonly string[];
}

export const addQuotas = (program: Command, terminal: Terminal): void => {
  const quotas = program.command('quotas').description('how many devices the VMs of a tenant may hold together');
  const ls = addVerb(quotas, {
    name: 'ls',
    tells: 'list quotas, and what is used of them',
    asks: ['quotas.list'],
    examples: ['vfleet quotas ls --tenant acme'],
  });
  shows<[], PagesOptions & { readonly tenant?: string }>(withPages(ls.option('--tenant <name>', 'of one tenant')), terminal, {
    see: (client, _, options) =>
      listed(client, 'quotas.list', options.tenant === undefined ? {} : { filter: { tenant: options.tenant } }, options, {
        kind: QUOTAS,
        empty: 'There is no quota.',
      }),
    wakes: () => ({ subjects: ['vfleet.evt.catalog.>', 'vfleet.evt.vm.>'] }),
  });
  const put = addVerb(quotas, {
    name: 'put',
    tells: 'limit a tenant, in place of the limit for the same match',
    asks: ['quotas.put'],
    examples: ['vfleet quotas put acme --match class=0302 --limit 4'],
  })
    .argument('<tenant>')
    .requiredOption('--match <key=value>', 'which devices count: any key of a match; may be given again', collect)
    .requiredOption('--limit <number>', 'how many it may hold', wholeNumber);
  shows<[string], OfDevices & { readonly limit: number }>(put, terminal, {
    see: async (client, [tenant], { match, limit }) =>
      recordView(QUOTAS, await client.request('quotas.put', { tenant, match: parseMatch('--match', match), limit })),
  });
  const rm = addVerb(quotas, {
    name: 'rm',
    tells: 'take a quota away',
    asks: ['quotas.delete'],
    examples: ['vfleet quotas rm acme --match class=0302'],
  })
    .argument('<tenant>')
    .requiredOption('--match <key=value>', 'the match of the quota; may be given again', collect);
  shows<[string], OfDevices>(rm, terminal, {
    see: async (client, [tenant], { match }) =>
      recordView(QUOTAS, await client.request('quotas.delete', { tenant, match: parseMatch('--match', match) })),
  });
};
