import { Option, type Command } from 'commander';
import { HOST_STATES, type Host, type HostState } from '@vfleet/contracts';
import { addHardware } from './hardware.js';
import { blocked } from '../blocked.js';
import { withClient } from '../options.js';
import { renderList, renderRecord } from '../render/format.js';
import { renderDrain } from '../render/drain.js';
import { HOST_COLUMNS, hostView } from '../render/hosts.js';
import type { Terminal } from '../terminal.js';

export const addHosts = (program: Command, terminal: Terminal): void => {
  const hosts = program.command('hosts').description('the hypervisor hosts');
  hosts
    .command('ls')
    .description('list hosts and what is free on them')
    .addOption(new Option('--state <state>', 'in one state').choices([...HOST_STATES]))
    .action(async ({ state }: { readonly state?: HostState }, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const items: Host[] = [];
        for await (const host of client.requestPages('hosts.list', { ...(state && { filter: { state } }), limit: 1000 })) items.push(host);
        terminal.out(renderList({ items, columns: HOST_COLUMNS, empty: 'No host has reported.' }, output, terminal.paint));
      }),
    );
  hosts
    .command('show')
    .description('show one host')
    .argument('<hostId>')
    .action(async (hostId: string, _, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        terminal.out(renderRecord(hostView(await client.request('hosts.get', { hostId })), output, terminal.paint));
      }),
    );
  addHardware(hosts, terminal);
  addDrain(hosts, terminal);
};

const addDrain = (hosts: Command, terminal: Terminal): void => {
  hosts
    .command('drain')
    .description('empty a host: it takes no new VM, and those on it that hold devices move away')
    .argument('<hostId>')
    .option('--dry-run', 'only say what would move where, and what could not')
    .action(async (hostId: string, { dryRun = false }: { readonly dryRun?: boolean }, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const drain = await client.request('hosts.drain', { hostId, ...(dryRun && { dryRun }) });
        terminal.out(renderDrain(drain, output, terminal.paint));
        const error = blocked(drain.blocked, `${drain.blocked.length} of the VMs on ${hostId} cannot move`);
        if (error) throw error;
      }),
    );
  hosts
    .command('undrain')
    .description('let a host take VMs again')
    .argument('<hostId>')
    .action(async (hostId: string, _, command: Command) =>
      withClient(command, terminal, async (client) => {
        await client.request('hosts.undrain', { hostId });
        terminal.note(`${hostId} takes VMs again\n`);
      }),
    );
};
