import { Option, type Command } from 'commander';
import type { ReservationFilter } from '@vfleet/contracts';
import { listed, withPages, type PagesOptions } from '../pages-option.js';
import { recordView } from '../render/format.js';
import { RESERVATIONS, releasedView } from '../render/vms.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { toWish, withWish, type WishOptions } from '../wish-options.js';

interface ListOptions extends PagesOptions {
  readonly host?: string;
  readonly vm?: string;
  readonly state?: 'held' | 'releasing';
}
interface ReserveOptions extends WishOptions {
  readonly host?: string;
  readonly dryRun?: boolean;
}

export const addReservations = (program: Command, terminal: Terminal): void => {
  const reservations = program.command('reservations').description('who holds what');
  addLooking(reservations, terminal);
  const reserve = addVerb(reservations, {
    name: 'reserve',
    tells: 'reserve devices for a VM before it starts',
    asks: ['reservations.reserve'],
    examples: ['vfleet reservations reserve vm-7 --host h1 --device 10GE:2 --dry-run'],
  })
    .argument('<vmId>')
    .option('--host <hostId>', 'on this host; without it the best is found')
    .option('--dry-run', 'only say what it would get');
  shows<[string], ReserveOptions>(withWish(reserve), terminal, {
    see: async (client, [vmId], { host, dryRun, ...options }) => {
      const where = { ...(host !== undefined && { hostId: host }), ...(dryRun && { dryRun }) };
      return recordView(RESERVATIONS, await client.request('reservations.reserve', { vmId, ...where, ...toWish(options) }));
    },
  });
  const release = addVerb(reservations, {
    name: 'release',
    tells: 'give back what a VM holds',
    asks: ['reservations.release'],
    examples: ['vfleet reservations release vm-7'],
  })
    .argument('<vmId>')
    .option('--reservation <id>', 'only if it is this one');
  shows<[string], { readonly reservation?: string }>(release, terminal, {
    see: async (client, [vmId], { reservation }) =>
      releasedView(vmId, await client.request('reservations.release', { vmId, ...(reservation !== undefined && { reservationId: reservation }) })),
  });
};

const addLooking = (reservations: Command, terminal: Terminal): void => {
  const ls = addVerb(reservations, {
    name: 'ls',
    tells: 'list reservations',
    asks: ['reservations.list'],
    examples: ['vfleet reservations ls --state releasing', 'vfleet reservations ls --host h1 -o csv'],
  })
    .option('--host <hostId>', 'on one host')
    .option('--vm <vmId>', 'of one VM')
    .addOption(new Option('--state <state>', 'in one state').choices(['held', 'releasing']));
  shows<[], ListOptions>(withPages(ls), terminal, {
    see: (client, _, options) => {
      const { host, vm, state } = options;
      const filter: ReservationFilter = { ...(host && { hostId: host }), ...(vm && { vmId: vm }), ...(state && { state }) };
      return listed(client, 'reservations.list', { filter }, options, { kind: RESERVATIONS, empty: 'Nobody holds anything.' });
    },
    wakes: () => ({ subjects: ['vfleet.evt.vm.>'] }),
  });
  const show = addVerb(reservations, {
    name: 'show',
    tells: 'show what one VM holds',
    asks: ['reservations.get'],
    examples: ['vfleet reservations show vm-42'],
  }).argument('<vmId>');
  shows<[string]>(show, terminal, {
    see: async (client, [vmId]) => recordView(RESERVATIONS, await client.request('reservations.get', { vmId })),
    wakes: ([vmId]) => ({ subjects: [`vfleet.evt.vm.*.${vmId}.>`] }),
  });
};
