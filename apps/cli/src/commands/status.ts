import type { Command } from 'commander';
import { statusView } from '../render/status.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

export const addStatus = (program: Command, terminal: Terminal): void => {
  const status = addVerb(program, {
    name: 'status',
    tells: 'show whether the system works, and how far its parts are behind',
    asks: ['system.status'],
    examples: ['vfleet status', 'vfleet status --watch'],
  });
  shows(status, terminal, {
    see: async (client) => statusView(await client.request('system.status')),
    // Lags are told by no message.
    wakes: () => ({ subjects: [], everySeconds: 2 }),
  });
};
