import type { Command } from 'commander';
import { DEFAULT_EXCLUDED_CLASSES } from '@vfleet/pci';
import { UsageError } from '../exit-codes.js';
import { withClient } from '../options.js';
import { EXCLUDED_CLASS_COLUMNS } from '../render/eligibility.js';
import { renderList } from '../render/format.js';
import type { Terminal } from '../terminal.js';

const EMPTY = 'No class of devices stays with its host.';

export const addEligibility = (program: Command, terminal: Terminal): void => {
  const eligibility = program.command('eligibility').description('which PCI classes stay with their hosts, and are given to nobody');
  eligibility
    .command('show')
    .description('show the classes that hosts keep')
    .action(async (_, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const { excludedClasses: items } = await client.request('eligibility.get', {});
        terminal.out(renderList({ items, columns: EXCLUDED_CLASS_COLUMNS, empty: EMPTY }, output, terminal.paint));
      }),
    );
  eligibility
    .command('set')
    .description('say which classes hosts keep, in place of those of before; counts at once, and takes nothing from a VM')
    .argument('[class[=reason]...]', 'the first two to six hex digits of a class; 06, bridges, always has to be there')
    .option('--defaults', 'those that hosts keep as long as nobody has said anything')
    .addHelpText('after', '\nExample: vfleet eligibility set 05=memory 06=bridge 07 08 0c03="USB controller"')
    .action(async (words: readonly string[], { defaults }: { readonly defaults?: boolean }, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        if (words.length > 0 === (defaults === true)) throw new UsageError('say classes, or --defaults');
        const excludedClasses = defaults ? [...DEFAULT_EXCLUDED_CLASSES] : words.map(toExcludedClass);
        const { excludedClasses: items } = await client.request('eligibility.put', { excludedClasses });
        terminal.out(renderList({ items, columns: EXCLUDED_CLASS_COLUMNS, empty: EMPTY }, output, terminal.paint));
      }),
    );
};

const toExcludedClass = (word: string): { readonly class: string; readonly reason?: string } => {
  const at = word.indexOf('=');
  return at < 0 ? { class: word } : { class: word.slice(0, at), reason: word.slice(at + 1) };
};
