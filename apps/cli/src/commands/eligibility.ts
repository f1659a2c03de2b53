import type { Command } from 'commander';
import { DEFAULT_EXCLUDED_CLASSES, type ExcludedClass } from '@vfleet/pci';
import { UsageError } from '../exit-codes.js';
import { EXCLUDED_CLASSES } from '../render/eligibility.js';
import { listView, type View } from '../render/format.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

export const addEligibility = (program: Command, terminal: Terminal): void => {
  const eligibility = program.command('eligibility').description('which PCI classes stay with their hosts, and are given to nobody');
  const show = addVerb(eligibility, {
    name: 'show',
    tells: 'show the classes that hosts keep',
    asks: ['eligibility.get'],
    examples: ['vfleet eligibility show'],
  });
  shows(show, terminal, {
    see: async (client) => viewOf((await client.request('eligibility.get', {})).excludedClasses),
    wakes: () => ({ subjects: ['vfleet.evt.catalog.>'] }),
  });
  const set = addVerb(eligibility, {
    name: 'set',
    tells: 'say which classes hosts keep, in place of those of before; counts at once, and takes nothing from a VM',
    asks: ['eligibility.put'],
    examples: ['vfleet eligibility set 05=memory 06=bridge 07 08 0c03="USB controller"', 'vfleet eligibility set --defaults'],
  })
    .argument('[class[=reason]...]', 'the first two to six hex digits of a class; 06, bridges, always has to be there')
    .option('--defaults', 'those that hosts keep as long as nobody has said anything');
  shows<[readonly string[]], { readonly defaults?: boolean }>(set, terminal, {
    see: async (client, [words], { defaults }) => {
      if (words.length > 0 === (defaults === true)) throw new UsageError('say classes, or --defaults');
      const excludedClasses = defaults ? [...DEFAULT_EXCLUDED_CLASSES] : words.map(toExcludedClass);
      return viewOf((await client.request('eligibility.put', { excludedClasses })).excludedClasses);
    },
  });
};

const viewOf = (classes: readonly ExcludedClass[]): View => listView(EXCLUDED_CLASSES, classes, 'No class of devices stays with its host.');

const toExcludedClass = (word: string): ExcludedClass => {
  const at = word.indexOf('=');
  return at < 0 ? { class: word } : { class: word.slice(0, at), reason: word.slice(at + 1) };
};
