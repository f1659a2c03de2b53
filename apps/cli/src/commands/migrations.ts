import { Option, type Command } from 'commander';
import { MIGRATION_STATES, type ApiRequest, type MigrationFilter, type MigrationState } from '@vfleet/contracts';
import { parseTime } from '../moment.js';
import { listed, withPages, type PagesOptions } from '../pages-option.js';
import { recordView } from '../render/format.js';
import { MIGRATIONS } from '../render/migrations.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

interface ListOptions extends PagesOptions {
  readonly vm?: string;
  readonly host?: string;
  readonly state?: MigrationState;
  readonly active?: boolean;
  readonly since?: string;
}

const EVENTS = { subjects: ['vfleet.evt.migration.>'] };

export const addMigrations = (program: Command, terminal: Terminal): void => {
  const migrations = program.command('migrations').description('moves of VMs from host to host');
  addList(migrations, terminal);
  about(migrations, terminal, 'migrations.get', 'show', 'show one move: its devices, and its steps with their times');
  about(migrations, terminal, 'migrations.cancel', 'cancel', 'undo a move, as long as its VM is at the source');
  about(migrations, terminal, 'migrations.retry', 'retry', 'try a failed move again, from where it failed');
  about(migrations, terminal, 'migrations.resolve', 'resolve', 'settle a failed move by hand').option(
    '--host <hostId>',
    'where the VM runs, as you know',
  );
};

const addList = (migrations: Command, terminal: Terminal): void => {
  const ls = addVerb(migrations, {
    name: 'ls',
    tells: 'list moves, newest first',
    asks: ['migrations.list'],
    examples: ['vfleet migrations ls --active --watch', 'vfleet migrations ls --state failed --since 1d'],
  })
    .option('--vm <vmId>', 'of one VM')
    .option('--host <hostId>', 'from or to one host')
    .addOption(new Option('--state <state>', 'in one state').choices([...MIGRATION_STATES]))
    .option('--active', 'only those that have not ended')
    .option('--since <when>', 'only those that began since a time, or within so long (2h)');
  shows<[], ListOptions>(withPages(ls), terminal, {
    see: (client, _, options) => {
      const oldest = options.since === undefined ? Number.NEGATIVE_INFINITY : parseTime('--since', options.since).getTime();
      return listed(client, 'migrations.list', { filter: toFilter(options) }, options, {
        kind: MIGRATIONS,
        empty: 'No VM moves or has moved.',
        until: ({ startedAt }) => Date.parse(startedAt) < oldest,
      });
    },
    wakes: () => EVENTS,
  });
};

type AboutOne = 'migrations.get' | 'migrations.cancel' | 'migrations.retry' | 'migrations.resolve';

/** A command about one move, which then shows it. */
const about = (migrations: Command, terminal: Terminal, request: AboutOne, name: string, tells: string): Command => {
  const command = addVerb(migrations, { name, tells, asks: [request], examples: [`vfleet migrations ${name} 019aa0c4-7000-7000-8000-000000000001`] });
  return shows<[string], { readonly host?: string }>(command.argument('<migrationId>'), terminal, {
    see: async (client, [migrationId], { host }) => {
      const body: ApiRequest<'migrations.resolve'> = { migrationId, ...(host !== undefined && { hostId: host }) };
      return recordView(MIGRATIONS, await client.request(request, body));
    },
    ...(name === 'show' && { wakes: ([migrationId]: [string]) => ({ subjects: [`vfleet.evt.migration.${migrationId}.>`] }) }),
  });
};

const toFilter = ({ vm, host, state, active }: ListOptions): MigrationFilter => ({
  ...(vm !== undefined && { vmId: vm }),
  ...(host !== undefined && { hostId: host }),
  ...(state !== undefined && { state }),
  ...(active && { active }),
});
