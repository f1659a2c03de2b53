import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { VmStateChanged } from '@vfleet/contracts';
import { wholeNumber, withClient } from '../options.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { report } from '../vm-report.js';
import { withWish, type WishOptions } from '../wish-options.js';
import { vmFact, type StateOptions } from './vm-fact.js';

interface FactOptions extends StateOptions {
  readonly wait: boolean;
}

export const addVm = (program: Command, terminal: Terminal): void => {
  const vm = program.command('vm').description('publish what a virtualisation platform would say of a VM');
  const start = stateCommand(vm, 'start', 'a VM starts: it gets the devices that it wants, or the reason why not', [
    'vfleet vm start vm-1 --host h1 --device 10GE:2 --device GPU',
  ]).option('--standby', 'the guest has a failover partner for its NIC');
  withWish(start).action(async (vmId: string, options: FactOptions & WishOptions, command: Command) =>
    send(command, terminal, options, vmFact(vmId, 'starting', options)),
  );
  const stop = stateCommand(vm, 'stop', 'a VM has stopped: it gives its devices back', ['vfleet vm stop vm-1']);
  stop.action(async (vmId: string, options: FactOptions, command: Command) => send(command, terminal, options, vmFact(vmId, 'stopped', options)));
};

const stateCommand = (vm: Command, name: string, tells: string, examples: readonly string[]): Command =>
  addVerb(vm, { name, tells, asks: ['reservations.get'], examples })
    .argument('<vmId>')
    .option('--host <hostId>', 'the host that it runs on; without it a host is picked')
    .option('--sequence <number>', 'the platform’s own number of this state; without it the time orders', wholeNumber)
    .option('--no-wait', 'do not wait for what becomes of it');

const send = async (command: Command, terminal: Terminal, { wait }: FactOptions, fact: VmStateChanged): Promise<void> =>
  withClient(command, terminal, async (client, { output, timeout }) => {
    await report(client, fact, { wait, timeoutMs: timeout * 1000, msgId: randomUUID(), output, terminal });
  });
