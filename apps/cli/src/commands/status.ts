import type { Command } from 'commander';
import { withClient } from '../options.js';
import { renderStatus } from '../render/status.js';
import type { Terminal } from '../terminal.js';

export const addStatus = (program: Command, terminal: Terminal): void => {
  program
    .command('status')
    .description('show whether the system works, and how far its parts are behind')
    .action(async (_, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        terminal.out(renderStatus(await client.request('system.status'), output, terminal.paint));
      }),
    );
};
