import type { Command } from 'commander';
import { blocked } from '../blocked.js';
import { withClient } from '../options.js';
import { drainView } from '../render/drain.js';
import { counted } from '../render/text.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

/** Emptying a host, and filling it again. */
export const addDrain = (hosts: Command, terminal: Terminal): void => {
  const drain = addVerb(hosts, {
    name: 'drain',
    tells: 'empty a host: it takes no new VM, and those on it that hold devices move away',
    asks: ['hosts.drain'],
    examples: ['vfleet hosts drain h1 --dry-run', 'vfleet hosts drain h1'],
  })
    .argument('<hostId>')
    .option('--dry-run', 'only say what would move where, and what could not');
  shows<[string], { readonly dryRun?: boolean }>(drain, terminal, {
    see: async (client, [hostId], { dryRun = false }) => {
      const answer = await client.request('hosts.drain', { hostId, ...(dryRun && { dryRun }) });
      return { ...drainView(answer), ends: blocked(answer.blocked, `${counted(answer.blocked.length, 'VM')} on ${hostId} cannot move`) };
    },
  });
  addVerb(hosts, { name: 'undrain', tells: 'let a host take VMs again', asks: ['hosts.undrain'], examples: ['vfleet hosts undrain h1'] })
    .argument('<hostId>')
    .action(async (hostId: string, _, command: Command) =>
      withClient(command, terminal, async (client) => {
        await client.request('hosts.undrain', { hostId });
        terminal.note(`${hostId} takes VMs again\n`);
      }),
    );
};
