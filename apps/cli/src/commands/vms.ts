import type { Command } from 'commander';
import { addHotplug } from './hotplug.js';
import { withClient } from '../options.js';
import { renderRecord } from '../render/format.js';
import { vmView } from '../render/vms.js';
import type { Terminal } from '../terminal.js';

export const addVms = (program: Command, terminal: Terminal): void => {
  const vms = program.command('vms').description('the virtual machines that want or hold devices');
  vms
    .command('show')
    .description('show what a VM wants and what it holds')
    .argument('<vmId>')
    .action(async (vmId: string, _, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        terminal.out(renderRecord(vmView(await client.request('vms.get', { vmId })), output, terminal.paint));
      }),
    );
  addHotplug(vms, terminal);
};
