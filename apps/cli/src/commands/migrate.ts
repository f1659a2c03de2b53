import { Option, type Command } from 'commander';
import type { VfleetClient } from '@vfleet/client';
import type { Migration, StartMigration } from '@vfleet/contracts';
import { blocked } from '../blocked.js';
import { followMove } from '../follow-move.js';
import { withClient, type CommonOptions } from '../options.js';
import { renderRecord } from '../render/format.js';
import { migrationView } from '../render/migrations.js';
import { renderPlan } from '../render/plan.js';
import type { Terminal } from '../terminal.js';

interface MigrateOptions {
  readonly to?: string;
  readonly mode?: 'hotplug' | 'live' | 'cold';
  readonly plan?: boolean;
  readonly wait?: boolean;
}

export const addMigrate = (program: Command, terminal: Terminal): void => {
  program
    .command('migrate')
    .description('move a VM to another host, and its devices with it')
    .argument('<vmId>')
    .option('--to <hostId>', 'where to; without it the best host is found')
    .addOption(new Option('--mode <mode>', 'how its devices go, instead of what the policies say').choices(['hotplug', 'live', 'cold']))
    .option('--plan', 'only say what would happen, step by step, and what stands in the way')
    .option('--wait', 'show each step as it is taken, until the move has ended')
    .addHelpText('after', '\nExample: vfleet migrate vm-1 --to h2 --wait')
    .action(async (vmId: string, { to, mode, plan, wait }: MigrateOptions, command: Command) => {
      const request = { vmId, ...(to !== undefined && { targetHostId: to }), ...(mode !== undefined && { mode }) };
      await withClient(command, terminal, async (client, options) => {
        if (plan) return showPlan(client, request, options, terminal);
        return wait ? moveAndWait(client, request, options, terminal) : move(client, request, options, terminal);
      });
    });
};

/** @throws ApiError 422 when something stands in the way */
const showPlan = async (client: VfleetClient, request: StartMigration, { output }: CommonOptions, terminal: Terminal): Promise<void> => {
  const plan = await client.request('migrations.plan', request);
  terminal.out(renderPlan(plan, output, terminal.paint));
  const error = blocked(plan.blockers, `${plan.vmId} cannot move`);
  if (error) throw error;
};

const move = async (client: VfleetClient, request: StartMigration, { output }: CommonOptions, terminal: Terminal): Promise<void> => {
  const { migrationId, state } = await client.request('migrations.start', request);
  const lines = [
    ['migration', migrationId],
    ['state', state],
  ] as const;
  terminal.out(renderRecord({ value: { migrationId, state }, lines: () => lines }, output, terminal.paint));
};

/** @throws Error when the move did not come to its end */
const moveAndWait = async (client: VfleetClient, request: StartMigration, { output }: CommonOptions, terminal: Terminal): Promise<void> => {
  const ended = await followMove(client, request, terminal);
  terminal.out(renderRecord(migrationView(ended), output, terminal.paint));
  if (ended.state !== 'completed') throw new Error(ending(ended));
};

const ending = ({ state, vmId, code, message }: Migration): string =>
  `the move of ${vmId} is ${state === 'rolledBack' ? 'rolled back' : state}${code === undefined ? '' : `: ${message ?? ''} (${code})`}`;
