/** What keeps a device where its VM's reservation says while it is plugged in or unplugged, or its VM moves, whatever is told late or never. */
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
    ...follow,
    rule: 'what is plugged into the next run of a VM is unplugged where that does not hold it',
    mutant: 'nothing is corrected of a VM that has ended',
    find: 'if (vmEnded && !hasHotplugEnded(hotplug)) return [];',
    replace: 'if (vmEnded) return [];',
  },
  {
    ...follow,
    specs: ['apps/migrator/src/domain/hotplug.property.spec.ts'],
    rule: 'nothing is unplugged of the next run of a VM before somebody has asked whether it holds that',
    mutant: 'it is unplugged while the operation is undone',
    find: 'if (vmEnded && !hasHotplugEnded(hotplug)) return [];',
    replace: '',
  },
  {
    file: 'apps/migrator/src/domain/hotplug.evolve.ts',
    specs,
    rule: 'an unplugging that was given up as its VM ended is ordered again',
    mutant: 'it is taken to be refused',
    find: "{ ...order, state: 'failed', code: VM_ENDED }",
    replace: "{ ...order, state: 'failed' }",
  },
  {
    file: 'apps/migrator/src/domain/intents.ts',
    specs: ['apps/migrator/src/domain/saga.spec.ts'],
    rule: 'nothing is unplugged of a VM that has ended before somebody has asked whether its next run holds that',
    mutant: 'it is ordered while the move is rolled back',
    find: "return verb === 'detach' && hasEnded(saga);",
    replace: "return verb === 'detach';",
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
    file: 'apps/migrator/src/domain/hotplug.evolve.ts',
    specs,
    rule: 'an unplugging that was never answered may have been done',
    mutant: 'the device is taken to be where it was',
    find: "if (code === NO_ANSWER || (plugs && code === 'TIMEOUT'))",
    replace: "if (plugs && (code === NO_ANSWER || code === 'TIMEOUT'))",
  },
  {
    file: 'apps/migrator/src/domain/saga.evolve.ts',
    specs: ['apps/migrator/src/domain/saga.spec.ts'],
    rule: 'a move is rolled back once the source has said that its devices are plugged in',
    mutant: 'a device whose unplugging was never answered is taken to be plugged in',
    find: "return device.where === from ? { ...device, where: 'unknown' } : device;",
    replace: 'return device;',
  },
  {
    file: 'apps/migrator/src/domain/follow-up.ts',
    specs: ['apps/migrator/src/domain/saga.spec.ts'],
    rule: 'a failed move acts upon what its agent tells late',
    mutant: 'what is told after the failure is left',
    find: '!goesBack(saga) && !hasStopped(saga)',
    replace: '!goesBack(saga)',
  },
  {
    file: 'apps/host-agent/src/domain/hostdev-command.ts',
    specs: ['apps/host-agent/src/domain/hostdev-command.spec.ts'],
    rule: 'a guest that lets go late is noticed, though its device was ordered to be plugged since',
    mutant: 'every order ends the watch',
    find: 'if (!changesNothing) newest.set',
    replace: 'newest.set',
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
