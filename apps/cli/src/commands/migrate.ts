import { Option, type Command } from 'commander';
import type { VfleetClient } from '@vfleet/client';
import type { Migration, StartMigration } from '@vfleet/contracts';
import { blocked } from '../blocked.js';
import { followMove } from '../follow-move.js';
import { recordView, type View } from '../render/format.js';
import { MIGRATIONS, STARTED } from '../render/migrations.js';
import { planView } from '../render/plan.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

interface MigrateOptions {
  readonly to?: string;
  readonly mode?: 'hotplug' | 'live' | 'cold';
  readonly plan?: boolean;
  readonly wait?: boolean;
}

export const addMigrate = (program: Command, terminal: Terminal): void => {
  const migrate = addVerb(program, {
    name: 'migrate',
    tells: 'move a VM to another host, and its devices with it',
    asks: ['migrations.start', 'migrations.plan', 'migrations.get', 'system.status'],
    examples: ['vfleet migrate vm-42 --to h2 --plan', 'vfleet migrate vm-42 --to h2', 'vfleet migrate vm-42 --wait'],
  })
    .argument('<vmId>')
    .option('--to <hostId>', 'where to; without it the best host is found')
    .addOption(new Option('--mode <mode>', 'how its devices go, instead of what the policies say').choices(['hotplug', 'live', 'cold']))
    .addOption(new Option('--plan', 'only say what would happen, step by step, and what stands in the way').conflicts('wait'))
    .option('--wait', 'show each step as it is taken, until the move has ended');
  shows<[string], MigrateOptions>(migrate, terminal, {
    see: async (client, [vmId], { to, mode, plan, wait }) => {
      const request = { vmId, ...(to !== undefined && { targetHostId: to }), ...(mode !== undefined && { mode }) };
      if (plan) return planned(client, request);
      if (wait) return ended(await followMove(client, request, terminal));
      return recordView(STARTED, await client.request('migrations.start', request));
    },
  });
};

/** Ends with an error when something stands in the way. */
const planned = async (client: VfleetClient, request: StartMigration): Promise<View> => {
  const plan = await client.request('migrations.plan', request);
  return { ...planView(plan), ends: blocked(plan.blockers, `${plan.vmId} cannot move`) };
};

/** Ends with an error when the move did not come to its end. */
const ended = (migration: Migration): View => ({
  ...recordView(MIGRATIONS, migration),
  ...(migration.state !== 'completed' && { ends: new Error(ending(migration)) }),
});

const ending = ({ state, vmId, code, message }: Migration): string =>
  `the move of ${vmId} is ${state === 'rolledBack' ? 'rolled back' : state}${code === undefined ? '' : `: ${message ?? ''} (${code})`}`;
