import fs from 'node:fs';
import { Command } from 'commander';
import { addDevices } from './commands/devices.js';
import { addEvents } from './commands/events.js';
import { addHosts } from './commands/hosts.js';
import { addMigrate } from './commands/migrate.js';
import { addMigrations } from './commands/migrations.js';
import { addPolicies } from './commands/policies.js';
import { addPools } from './commands/pools.js';
import { addReservations } from './commands/reservations.js';
import { addStatus } from './commands/status.js';
import { addVm } from './commands/vm.js';
import { addVms } from './commands/vms.js';
import { withCommonOptions } from './options.js';
import type { Terminal } from './terminal.js';

const COMMANDS = [addStatus, addDevices, addPools, addHosts, addVms, addVm, addReservations, addMigrate, addMigrations, addPolicies, addEvents];

const EXIT_CODES = `
Exit codes:
  0   done
  1   failed, or there is no such thing
  2   does not fit: the devices that are asked for are not to be had
  3   a policy refuses it
  4   conflicts with what is
  5   nothing answers; try again
  64  wrong usage

Each command tells its options: vfleet vm start --help`;

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
