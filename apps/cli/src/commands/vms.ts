import { Option, type Command } from 'commander';
import { ApiError, VM_STATES } from '@vfleet/contracts';
import { addHotplug } from './hotplug.js';
import { toAt } from '../moment.js';
import { wholeNumber } from '../options.js';
import { listed, withPages, type PagesOptions } from '../pages-option.js';
import { recordView } from '../render/format.js';
import { HISTORY } from '../render/history.js';
import { VMS, VM_HOLDINGS, outcomeView } from '../render/vms.js';
import { shows } from '../shows.js';
import { SINCE, isBefore, type SinceOptions } from '../since-option.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { withWish, type WishOptions } from '../wish-options.js';
import { AS_OF } from './devices.js';
import { vmFact, type StateOptions } from './vm-fact.js';

interface ReportOptions extends WishOptions, StateOptions {
  readonly state: string;
  readonly target?: string;
}

export const addVms = (program: Command, terminal: Terminal): void => {
  const vms = program.command('vms').description('the virtual machines that want or hold devices');
  const ls = addVerb(vms, {
    name: 'ls',
    tells: 'list the VMs that hold devices',
    asks: ['reservations.list'],
    examples: ['vfleet vms ls --host h1'],
  });
  shows<[], PagesOptions & { readonly host?: string }>(withPages(ls.option('--host <hostId>', 'holding devices of one host')), terminal, {
    see: (client, _, options) => {
      const filter = options.host === undefined ? {} : { hostId: options.host };
      return listed(client, 'reservations.list', { filter }, options, { kind: VM_HOLDINGS, empty: 'No VM holds anything.' });
    },
    wakes: () => ({ subjects: ['vfleet.evt.vm.>'] }),
  });
  const show = addVerb(vms, {
    name: 'show',
    tells: 'show what a VM wants and what it holds',
    asks: ['vms.get'],
    examples: ['vfleet vms show vm-42', 'vfleet vms show vm-42 --as-of 2h'],
  })
    .argument('<vmId>')
    .option(...AS_OF);
  shows<[string], { readonly asOf?: string }>(show, terminal, {
    see: async (client, [vmId], { asOf }) =>
      recordView(VMS, await client.request('vms.get', { vmId, ...(asOf !== undefined && { at: toAt('--as-of', asOf) }) })),
    wakes: ([vmId]) => ({ subjects: [`vfleet.evt.vm.*.${vmId}.>`, `vfleet.evt.migration.*.${vmId}.>`] }),
  });
  const history = addVerb(vms, {
    name: 'history',
    tells: 'list what happened to a VM, refusals included, newest first',
    asks: ['vms.history'],
    examples: ['vfleet vms history vm-42 --since 1d'],
  })
    .argument('<vmId>')
    .option(...SINCE);
  shows<[string], PagesOptions & SinceOptions>(withPages(history), terminal, {
    see: (client, [vmId], options) =>
      listed(client, 'vms.history', { vmId }, options, { kind: HISTORY, empty: 'Nothing has happened to it.', until: isBefore(options) }),
    wakes: ([vmId]) => ({ subjects: [`vfleet.evt.vm.*.${vmId}.>`] }),
  });
  addReport(vms, terminal);
  addHotplug(vms, terminal);
};

const addReport = (vms: Command, terminal: Terminal): void => {
  const report = addVerb(vms, {
    name: 'report',
    tells: 'say of a VM what its platform would, and show what became of it',
    asks: ['vms.report'],
    examples: ['vfleet vms report vm-42 --state starting --host h1 --device 10GE', 'vfleet vms report vm-42 --state stopped'],
  })
    .argument('<vmId>')
    .addOption(new Option('--state <state>', 'how it is').choices([...VM_STATES]).makeOptionMandatory())
    .option('--host <hostId>', 'the host that it runs on')
    .option('--target <hostId>', 'the host that it moves to')
    .option('--sequence <number>', 'the platform’s own number of this state; without it the time orders', wholeNumber)
    .option('--standby', 'the guest has a failover partner for its NIC');
  shows<[string], ReportOptions>(withWish(report), terminal, {
    see: async (client, [vmId], options) => {
      const fact = vmFact(vmId, options.state, options);
      const target = options.target !== undefined && { targetHostId: options.target };
      const outcome = await client.request('vms.report', { ...fact, ...target });
      const { code = 'STALE', message = 'this is no news' } = outcome;
      return { ...outcomeView(vmId, outcome), ...(outcome.outcome === 'ignored' && { ends: new ApiError(409, code, message) }) };
    },
  });
};
