/** What keeps a device where its VM's reservation says while it is plugged in or unplugged, whatever is told late or never. */
const specs = ['apps/migrator/src/domain/hotplug.spec.ts'];
const follow = { file: 'apps/migrator/src/domain/hotplug-follow-up.ts', specs };
const state = { file: 'apps/migrator/src/domain/hotplug.ts', specs };
const decide = { file: 'apps/migrator/src/domain/hotplug.decider.ts', specs };

export const HOTPLUG = [
  {
    ...follow,
    rule: 'what may have been plugged in is unplugged before it is given back',
    mutant: 'only what was told to be plugged in is',
    find: "return where !== 'unplugged' && last",
    replace: "return where === 'attached' && last",
  },
  {
    ...follow,
    rule: 'a device that was unplugged too late is plugged again',
    mutant: 'nothing is corrected after the end',
    find: "    case 'failed':\n      return corrections(hotplug, now);\n",
    replace: '',
  },
  {
    ...state,
    rule: 'what is still plugged in stays held',
    mutant: 'every device is given back',
    find: '!device.affected && isOff(device) && !stuck',
    replace: '!device.affected && !stuck',
  },
  {
    ...state,
    rule: 'an IOMMU group is given back whole',
    mutant: 'a member that is still plugged in does not matter',
    find: ' && !stuck.has(device.requestName)',
    replace: '',
  },
  {
    ...decide,
    rule: 'what was told of a VM before an operation does not end it',
    mutant: 'every state counts',
    find: ' || receivedAt < requestedAt',
    replace: '',
  },
  {
    file: 'apps/migrator/src/saga-desk.ts',
    specs: ['apps/migrator/src/saga-desk.int-spec.ts'],
    rule: 'one thing at a time is done with a VM',
    mutant: 'two of one moment do not see each other',
    find: 'claimed.get(vmId) ?? memory.activeOf(vmId)',
    replace: 'memory.activeOf(vmId)',
  },
];
