import { Option, type Command } from 'commander';
import { postgresUrlOf } from '../config.js';
import { UsageError } from '../exit-codes.js';
import type { VerifyWords } from '../journal/verify.js';
import { collect, wholeNumber, type CommonOptions } from '../options.js';
import { recordView, render } from '../render/format.js';
import { VERIFICATION } from '../render/verification.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

type VerifyOptions = CommonOptions & Omit<VerifyWords, 'pg' | 'head'> & { readonly pg?: string; readonly head?: readonly string[] };

/** The log of all events itself. It is read where it stands: whoever owns the database is who is not trusted. */
export const addJournal = (program: Command, terminal: Terminal): void => {
  const journal = program.command('journal').description('the log of all events: whether history is as it was when it was sealed');
  const verb = addVerb(journal, {
    name: 'verify',
    tells: 'compare every event with what was signed, and name the first that does not fit; ends with 1 where one does not',
    examples: [
      'vfleet journal verify --public-key seal.pub',
      'vfleet journal verify --pg postgres://auditor@db/vfleet --public-key seal.pub --head allocator.log --from 1000000 -o json',
    ],
  });
  verb
    .option('--pg <url>', 'the database (else VFLEET_PG_URL, the local system)')
    .addOption(new Option('--public-key <file>', 'whose seals are trusted; may be said more than once').argParser(collect).makeOptionMandatory())
    .addOption(new Option('--head <file>', 'heads that were kept, such as a log of the allocator; may be said more than once').argParser(collect))
    .addOption(new Option('--from <position>', 'the first event that matters').argParser(wholeNumber).default(1))
    .action(async (_: unknown, command: Command) => {
      const { pg, publicKey, head = [], from, output } = command.optsWithGlobals<VerifyOptions>();
      if (from < 1) throw new UsageError('--from 0 is no position; the first one is 1');
      const url = postgresUrlOf(pg, terminal.environment);
      // Loaded where it is needed: no other command speaks to PostgreSQL.
      const { verify } = await import('../journal/verify.js');
      const verification = await verify({ pg: url, publicKey, head, from }, terminal);
      terminal.out(render(recordView(VERIFICATION, verification), output, terminal.paint));
      if (verification.finding) throw new Error(`${verification.finding.message} (${verification.finding.code})`);
    });
};
