import type { Command } from 'commander';
import { parseTime } from '../moment.js';
import { listed, withPages, type PagesOptions } from '../pages-option.js';
import { DEAD_LETTERS } from '../render/dead-letters.js';
import { recordView } from '../render/format.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

/** A letter that is replayed or discarded leaves no message: those are asked for anew. */
const WAKES = { subjects: ['vfleet.dlq.>'], everySeconds: 5 };

export const addDeadLetters = (program: Command, terminal: Terminal): void => {
  const letters = program.command('deadletters').description('facts that could not be accepted');
  const ls = addVerb(letters, {
    name: 'ls',
    tells: 'list dead letters, newest first',
    asks: ['deadletters.list'],
    examples: ['vfleet deadletters ls --since 1d', 'vfleet deadletters ls -o name'],
  }).option('--since <when>', 'only those received since a time, or within so long (2h)');
  shows<[], PagesOptions & { readonly since?: string }>(withPages(ls), terminal, {
    see: (client, _, options) => {
      const oldest = options.since === undefined ? Number.NEGATIVE_INFINITY : parseTime('--since', options.since).getTime();
      return listed(client, 'deadletters.list', {}, options, {
        kind: DEAD_LETTERS,
        empty: 'There is no dead letter.',
        until: ({ receivedAt }) => Date.parse(receivedAt) < oldest,
      });
    },
    wakes: () => WAKES,
  });
  about(letters, terminal, 'deadletters.get', 'show', 'show one dead letter with its bytes');
  about(letters, terminal, 'deadletters.replay', 'replay', 'let the fact take its way once more');
  about(letters, terminal, 'deadletters.discard', 'discard', 'keep a dead letter no longer');
};

type AboutOne = 'deadletters.get' | 'deadletters.replay' | 'deadletters.discard';

const about = (letters: Command, terminal: Terminal, request: AboutOne, name: string, tells: string): void => {
  const command = addVerb(letters, { name, tells, asks: [request], examples: [`vfleet deadletters ${name} 12`] }).argument('<id>');
  shows<[string]>(command, terminal, { see: async (client, [id]) => recordView(DEAD_LETTERS, await client.request(request, { id })) });
};
