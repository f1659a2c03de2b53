import { Option, type Command } from 'commander';
import { HOST_STATES, type Host, type HostState } from '@vfleet/contracts';
import { withClient } from '../options.js';
import { renderList, renderRecord } from '../render/format.js';
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
};
