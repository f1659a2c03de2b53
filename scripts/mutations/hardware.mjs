/** What belongs together on a host, what operators say of devices, and how devices are counted. */
const pci = 'libs/pci/src';
const subtree = { specs: [`${pci}/subtree.spec.ts`] };
const device = { specs: ['apps/allocator/src/domain/device.spec.ts'] };
const model = 'apps/inventory/src/read-model';
const pools = { specs: ['apps/inventory/src/inbound/pools.int-spec.ts'] };

export const HARDWARE = [
  {
    ...subtree,
    file: `${pci}/topology.ts`,
    rule: 'what is below a held device is not free, at any depth',
    mutant: 'only what is next to it counts',
    find: 'for (const device of found) for (const one of next(device)) found.add(one);',
    replace: '',
  },
  {
    ...subtree,
    file: `${pci}/topology.ts`,
    rule: 'a function with mediated devices is offered through them',
    mutant: 'mediated devices are no leaves',
    find: " || kind === 'mdev'",
    replace: '',
  },
  {
    ...subtree,
    file: `${pci}/companions.ts`,
    rule: 'what is below the members of a group is affected as well',
    mutant: 'only the members are',
    find: '(one) => [one, ...subtreeOf(one)]',
    replace: '(one) => [one]',
  },
  {
    ...device,
    file: 'apps/allocator/src/domain/host.decider.ts',
    rule: 'an operator’s tags go before those of the next observation',
    mutant: 'an observation takes their place',
    find: 'withTags(seen, host.tags.get(deviceId))',
    replace: 'seen',
  },
  {
    ...device,
    file: 'apps/allocator/src/domain/device.decider.ts',
    rule: 'what an operator says twice is one event',
    mutant: 'it is an event each time',
    find: 'if (host.cordoned.has(deviceId) === cordon) return answered([]);',
    replace: '',
  },
  {
    ...device,
    file: 'apps/allocator/src/domain/device.decider.ts',
    rule: 'a VM that was given a device for a tag is told when it goes',
    mutant: 'nobody is told',
    find: 'return answered([event, ...broken]);',
    replace: 'return answered([event]);',
  },
  {
    ...pools,
    file: `${model}/pool.ts`,
    rule: 'a device counts in one pool at a time',
    mutant: 'it stays in the one that it leaves',
    find: 'if (from) this.add(from, -1);',
    replace: '',
  },
  {
    ...pools,
    file: `${model}/pool.ts`,
    rule: 'a removed device counts nowhere',
    mutant: 'it counts where it was',
    find: "if (presence === 'removed') return undefined;",
    replace: '',
  },
  {
    file: 'apps/inventory/src/read-model/device-verdict.ts',
    specs: ['apps/inventory/src/inbound/host-tree.int-spec.ts'],
    rule: 'a device that nobody can have because of who holds what belongs with it is not free',
    mutant: 'it is shown as available',
    find: 'return taken ? [taken] : own;',
    replace: 'return own;',
  },
  {
    file: 'apps/inventory/src/inbound/pool-hosts.ts',
    specs: ['apps/inventory/src/inbound/device-search.int-spec.ts'],
    rule: 'pages follow on each other',
    mutant: 'what is left of the host where a page has ended is left out',
    find: 'pool = wanted.pool and host_id >= $2',
    replace: 'pool = wanted.pool and host_id > $2',
  },
  {
    file: 'apps/inventory/src/inbound/pool-hosts.ts',
    specs: ['apps/inventory/src/inbound/long-lists.int-spec.ts'],
    rule: 'pages follow on each other',
    mutant: 'a host of which not every counter was read is passed over',
    find: 'rows.at(-1)?.host_id as string };',
    replace: '`${rows.at(-1)?.host_id}\u0001` };',
  },
  {
    file: 'apps/inventory/src/inbound/pool-hosts.ts',
    specs: ['apps/inventory/src/inbound/long-lists.int-spec.ts'],
    rule: 'pages follow on each other',
    mutant: 'hosts behind the one up to which all pools were looked up are told',
    find: 'where horizon.host_id is null or sought.host_id <= horizon.host_id',
    replace: 'where true',
  },
  {
    file: 'apps/inventory/src/inbound/device-streams.ts',
    specs: ['apps/inventory/src/inbound/long-lists.int-spec.ts'],
    rule: 'pages follow on each other',
    mutant: 'devices behind the end of one stream are told before those of that stream',
    find: 'if (!end || compareKeys(key, end) <= 0) keys.push(key)',
    replace: 'keys.push(key)',
  },
];
