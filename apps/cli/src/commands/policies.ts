import { Option, type Command } from 'commander';
import { MIGRATION_MATCHES, MIGRATION_MODES, type Policy } from '@vfleet/contracts';
import { collect, wholeNumber, withClient } from '../options.js';
import { toPolicy, type PolicyOptions } from '../policy-options.js';
import { renderList, renderRecord } from '../render/format.js';
import { POLICY_COLUMNS, policyView } from '../render/policies.js';
import type { Terminal } from '../terminal.js';

export const addPolicies = (program: Command, terminal: Terminal): void => {
  const policies = program.command('policies').description('how devices are taken along when their VM moves');
  policies
    .command('ls')
    .description('list policies')
    .action(async (_, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const items: Policy[] = [];
        for await (const policy of client.requestPages('policies.list', { limit: 1000 })) items.push(policy);
        terminal.out(
          renderList(
            { items, columns: POLICY_COLUMNS, empty: 'There is no policy: devices are unplugged, and plugged again on the same network.' },
            output,
            terminal.paint,
          ),
        );
      }),
    );
  byName(policies, terminal, 'policies.get', 'show', 'show one policy');
  byName(policies, terminal, 'policies.delete', 'rm', 'take a policy away');
  addPut(policies, terminal);
};

const byName = (policies: Command, terminal: Terminal, request: 'policies.get' | 'policies.delete', name: string, description: string): void => {
  policies
    .command(name)
    .description(description)
    .argument('<name>')
    .action(async (policy: string, _, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        terminal.out(renderRecord(policyView(await client.request(request, { name: policy })), output, terminal.paint));
      }),
    );
};

const addPut = (policies: Command, terminal: Terminal): void => {
  policies
    .command('put')
    .description('store a policy, in place of one of the same name')
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
    .option('--plug <seconds>', 'how long plugging may take', wholeNumber)
    .addHelpText('after', '\nExample: vfleet policies put gpus --selector class=0302 --mode cold')
    .action(async (name: string, options: PolicyOptions, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        terminal.out(renderRecord(policyView(await client.request('policies.put', toPolicy(name, options))), output, terminal.paint));
      }),
    );
};
