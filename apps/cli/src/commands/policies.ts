import { Option, type Command } from 'commander';
import { MIGRATION_MATCHES, MIGRATION_MODES } from '@vfleet/contracts';
import { collect, wholeNumber } from '../options.js';
import { toPolicy, type PolicyOptions } from '../policy-options.js';
import { recordView } from '../render/format.js';
import { POLICIES } from '../render/policies.js';
import { shows } from '../shows.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { addShelf } from './catalog.js';

const NONE = 'There is no policy: devices are unplugged, and plugged again on the same network.';

export const addPolicies = (program: Command, terminal: Terminal): void => {
  const policies = program.command('policies').description('how devices are taken along when their VM moves');
  addShelf(policies, terminal, { shelf: 'policies', one: 'policy', kind: POLICIES, empty: NONE, key: 'name' });
  const put = addVerb(policies, {
    name: 'put',
    tells: 'store a policy, in place of one of the same name',
    asks: ['policies.put'],
    examples: ['vfleet policies put gpus --selector class=0302 --mode cold'],
  })
    .argument('<name>')
    .addOption(new Option('--mode <mode>', 'how devices go').choices([...MIGRATION_MODES]).makeOptionMandatory())
    .option('--selector <key=value>', 'for which devices: any key of a match; may be given again; without it for all', collect)
    .addOption(new Option('--match <match>', 'what fits on the target').choices([...MIGRATION_MATCHES]))
    .option('--any-model', 'on the same network, a device of another vendor or product will do')
    .option('--map <source=target>', 'an address and what it is on the target, with --match address; may be given again', collect)
    .option('--require-standby', 'only a VM whose guest has a failover partner may move')
    .addOption(new Option('--on-no-target <what>', 'when nothing fits on the target').choices(['reject', 'detach']))
    .option('--unplug <seconds>', 'how long unplugging may take', wholeNumber)
    .option('--move <seconds>', 'how long the platform may take', wholeNumber)
    .option('--plug <seconds>', 'how long plugging may take', wholeNumber);
  shows<[string], PolicyOptions>(put, terminal, {
    see: async (client, [name], options) => recordView(POLICIES, await client.request('policies.put', toPolicy(name, options))),
  });
};
