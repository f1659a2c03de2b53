import fs from 'node:fs';
import { Command } from 'commander';
import { addAliases } from './commands/aliases.js';
import { addCandidates } from './commands/candidates.js';
import { addCompletion } from './commands/completion.js';
import { addContext } from './commands/context.js';
import { addDashboard } from './commands/dashboard.js';
import { addDeadLetters } from './commands/dead-letters.js';
import { addDevices } from './commands/devices.js';
import { addDoctor } from './commands/doctor.js';
import { addEligibility } from './commands/eligibility.js';
import { addEvents } from './commands/events.js';
import { addHosts } from './commands/hosts.js';
import { addJournal } from './commands/journal.js';
import { addMigrate } from './commands/migrate.js';
import { addMigrations } from './commands/migrations.js';
import { addModels } from './commands/models.js';
import { addOfferings } from './commands/offerings.js';
import { addPolicies } from './commands/policies.js';
import { addPools } from './commands/pools.js';
import { addProjections } from './commands/projections.js';
import { addQuotas } from './commands/quotas.js';
import { addReservations } from './commands/reservations.js';
import { addSecurity } from './commands/security.js';
import { addStatus } from './commands/status.js';
import { addVm } from './commands/vm.js';
import { addVms } from './commands/vms.js';
import { EXIT_MEANINGS } from './exit-codes.js';
import { withCommonOptions } from './options.js';
import type { Terminal } from './terminal.js';

const COMMANDS = [
  [addStatus, addDoctor, addDashboard, addProjections],
  [addDevices, addPools, addHosts, addVms, addVm, addReservations, addCandidates],
  [addModels, addAliases, addOfferings, addPolicies, addQuotas, addEligibility],
  [addMigrate, addMigrations, addEvents, addJournal, addDeadLetters],
  [addSecurity, addContext, addCompletion],
].flat();

const EXIT_CODES = `
Exit codes:
${EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(4)}${meaning}`).join('\n')}

Each command tells its options and examples: vfleet vm start --help`;

/** The command line as commander has it; commander's own errors are thrown, not printed and exited upon. */
export const vfleetProgram = (terminal: Terminal): Command => {
  const program = withCommonOptions(new Command('vfleet'))
    .description('See and use the PCI, SR-IOV, USB and SCSI devices of a fleet of hypervisors.')
    .version(version(), '-V, --version', 'say which version this is')
    .addHelpText('after', EXIT_CODES)
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.note })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(what is possible: add --help)')
    .showSuggestionAfterError()
    .exitOverride();
  for (const add of COMMANDS) add(program, terminal);
  inheritSettings(program);
  return program;
};

const version = (): string => {
  const { version: said } = JSON.parse(fs.readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string };
  return said;
};

const inheritSettings = (command: Command): void => {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inheritSettings(child);
  }
};
