import type { Command } from 'commander';
import { unavailable } from '@vfleet/contracts';
import { withClient } from '../options.js';
import { renderRecord } from '../render/format.js';
import { drawTree } from '../render/pools.js';
import { orNothing } from '../render/text.js';
import type { Terminal } from '../terminal.js';

/** What hosts have, and having them look again. */
export const addHardware = (hosts: Command, terminal: Terminal): void => {
  hosts
    .command('tree')
    .description('show the devices of a host below their root ports, controllers and PFs')
    .argument('<hostId>')
    .action(async (hostId: string, _, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const tree = await client.request('hosts.tree', { hostId });
        const empty = `${hostId} has no devices.\n`;
        terminal.out(
          output === 'table' ? drawTree(tree.items, terminal.paint) || empty : renderRecord({ value: tree, lines: () => [] }, output, terminal.paint),
        );
      }),
    );
  hosts
    .command('probe')
    .description('have agents look at their hardware at once; without hosts all of them')
    .argument('[hostIds...]')
    .action(async (hostIds: string[], _, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const probed = await client.request('hosts.probe', hostIds.length > 0 ? { hostIds } : {});
        const lines = [['looked', orNothing(probed.probed.join(' '))] as const, ['unreachable', orNothing(probed.unreachable.join(' '))] as const];
        terminal.out(renderRecord({ value: probed, lines: () => lines }, output, terminal.paint));
        if (probed.unreachable.length > 0) throw unavailable(`${probed.unreachable.length} of the hosts cannot be reached`);
      }),
    );
};
