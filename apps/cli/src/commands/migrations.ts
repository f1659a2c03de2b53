import { Option, type Command } from 'commander';
import { MIGRATION_STATES, type ApiRequest, type Migration, type MigrationFilter, type MigrationState } from '@vfleet/contracts';
import { withClient } from '../options.js';
import { renderList, renderRecord } from '../render/format.js';
import { MIGRATION_COLUMNS, migrationView } from '../render/migrations.js';
import type { Terminal } from '../terminal.js';

interface ListOptions {
  readonly vm?: string;
  readonly host?: string;
  readonly state?: MigrationState;
  readonly active?: boolean;
}

export const addMigrations = (program: Command, terminal: Terminal): void => {
  const migrations = program.command('migrations').description('moves of VMs from host to host');
  migrations
    .command('ls')
    .description('list moves, newest first')
    .option('--vm <vmId>', 'of one VM')
    .option('--host <hostId>', 'from or to one host')
    .addOption(new Option('--state <state>', 'in one state').choices([...MIGRATION_STATES]))
    .option('--active', 'only those that have not ended')
    .action(async (options: ListOptions, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const items: Migration[] = [];
        for await (const one of client.requestPages('migrations.list', { filter: toFilter(options), limit: 1000 })) items.push(one);
        terminal.out(renderList({ items, columns: MIGRATION_COLUMNS, empty: 'No VM moves or has moved.' }, output, terminal.paint));
      }),
    );
  about(migrations, terminal, 'migrations.get', 'show', 'show one move: its devices, and its steps with their times');
  about(migrations, terminal, 'migrations.cancel', 'cancel', 'undo a move, as long as its VM is at the source');
  about(migrations, terminal, 'migrations.retry', 'retry', 'try a failed move again, from where it failed');
  about(migrations, terminal, 'migrations.resolve', 'resolve', 'settle a failed move by hand').option(
    '--host <hostId>',
    'where the VM runs, as you know',
  );
};

type AboutOne = 'migrations.get' | 'migrations.cancel' | 'migrations.retry' | 'migrations.resolve';

/** A command about one move, which then shows it. */
const about = (migrations: Command, terminal: Terminal, request: AboutOne, name: string, description: string): Command =>
  migrations
    .command(name)
    .description(description)
    .argument('<migrationId>')
    .action(async (migrationId: string, { host }: { readonly host?: string }, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const body: ApiRequest<'migrations.resolve'> = { migrationId, ...(host !== undefined && { hostId: host }) };
        terminal.out(renderRecord(migrationView(await client.request(request, body)), output, terminal.paint));
      }),
    );

const toFilter = ({ vm, host, state, active }: ListOptions): MigrationFilter => ({
  ...(vm !== undefined && { vmId: vm }),
  ...(host !== undefined && { hostId: host }),
  ...(state !== undefined && { state }),
  ...(active && { active }),
});
