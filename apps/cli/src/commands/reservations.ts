import { Option, type Command } from 'commander';
import type { Reservation, ReservationFilter } from '@vfleet/contracts';
import { withClient } from '../options.js';
import { renderList } from '../render/format.js';
import { RESERVATION_COLUMNS } from '../render/vms.js';
import type { Terminal } from '../terminal.js';

interface ListOptions {
  readonly host?: string;
  readonly vm?: string;
  readonly state?: 'held' | 'releasing';
}

export const addReservations = (program: Command, terminal: Terminal): void => {
  program
    .command('reservations')
    .description('who holds what')
    .command('ls')
    .description('list reservations')
    .option('--host <hostId>', 'on one host')
    .option('--vm <vmId>', 'of one VM')
    .addOption(new Option('--state <state>', 'in one state').choices(['held', 'releasing']))
    .action(async ({ host, vm, state }: ListOptions, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const filter: ReservationFilter = { ...(host && { hostId: host }), ...(vm && { vmId: vm }), ...(state && { state }) };
        const items: Reservation[] = [];
        for await (const one of client.requestPages('reservations.list', { filter, limit: 1000 })) items.push(one);
        terminal.out(renderList({ items, columns: RESERVATION_COLUMNS, empty: 'Nobody holds anything.' }, output, terminal.paint));
      }),
    );
};
