import { Option, type Command } from 'commander';
import { HOST_STATES, type HostState } from '@vfleet/contracts';
import { addDrain } from './drain.js';
import { addHardware } from './hardware.js';
import { collect } from '../options.js';
import { parsePairs } from '../match-option.js';
import { listed, withPages, type PagesOptions } from '../pages-option.js';
import { recordView } from '../render/format.js';
import { HOSTS } from '../render/hosts.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

interface ListOptions extends PagesOptions {
  readonly state?: HostState;
  readonly label?: readonly string[];
}

/** Heartbeats leave no event: when a host was last seen is asked for anew. */
const HOST_WAKES = { subjects: ['vfleet.evt.host.>', 'vfleet.evt.device.>', 'vfleet.evt.vm.>'], everySeconds: 5 } as const;

export const addHosts = (program: Command, terminal: Terminal): void => {
  const hosts = program.command('hosts').description('the hypervisor hosts');
  const ls = addVerb(hosts, {
    name: 'ls',
    tells: 'list hosts and what is free on them',
    asks: ['hosts.list'],
    examples: ['vfleet hosts ls --state stale', 'vfleet hosts ls --label zone=a -o name'],
  })
    .addOption(new Option('--state <state>', 'in one state').choices([...HOST_STATES]))
    .option('--label <key=value>', 'with a label; may be given again, then with all of them', collect);
  shows<[], ListOptions>(withPages(ls), terminal, {
    see: (client, _, options) => {
      const { state, label } = options;
      const filter = { ...(state && { state }), ...(label && { labels: parsePairs('--label', label) }) };
      return listed(client, 'hosts.list', Object.keys(filter).length > 0 ? { filter } : {}, options, { kind: HOSTS, empty: 'No host has reported.' });
    },
    wakes: () => HOST_WAKES,
  });
  const show = addVerb(hosts, { name: 'show', tells: 'show one host', asks: ['hosts.get'], examples: ['vfleet hosts show h1'] }).argument('<hostId>');
  shows<[string]>(show, terminal, {
    see: async (client, [hostId]) => recordView(HOSTS, await client.request('hosts.get', { hostId })),
    wakes: () => HOST_WAKES,
  });
  addHardware(hosts, terminal);
  addDrain(hosts, terminal);
};
