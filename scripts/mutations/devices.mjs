/** The rules that no request can break, and what frees a device. */
const pci = 'libs/pci/src';
const availability = { file: `${pci}/availability.ts`, specs: [`${pci}/availability.spec.ts`] };
const domain = 'apps/allocator/src/domain';

export const DEVICES = [
  {
    file: 'apps/allocator/src/domain/extend.decider.ts',
    specs: ['apps/allocator/src/domain/vm-devices.spec.ts'],
    rule: 'a reservation that is added to says that IOMMU groups are shared on its host',
    mutant: 'it says what it said before',
    find: '(unsafe || host.description?.unsafeIommuGroups === true)',
    replace: 'unsafe',
  },
  {
    file: 'libs/pci/src/quick-choice.ts',
    specs: ['libs/pci/src/quick-choice.spec.ts'],
    rule: 'a choice from what is remembered is the choice of a whole search',
    mutant: 'what excludes a device, or goes along with it, is not looked at',
    find: ' && !candidate.concerns.some((deviceId) => holders.has(deviceId))',
    replace: '',
  },
  {
    ...availability,
    rule: 'a device has one holder',
    mutant: 'a held one is given',
    find: "if (holder) return { code: 'DEVICE_IN_USE'",
    replace: "if (false) return { code: 'DEVICE_IN_USE'",
  },
  {
    ...availability,
    rule: 'a group has one holder',
    mutant: 'members that others hold do not count',
    find: 'const member = host.topology.groupOf(device).find((one) => otherHolder(host, one, vmId));',
    replace: 'const member = undefined;',
  },
  {
    ...availability,
    rule: 'a PF and its VFs have one holder',
    mutant: 'a held rival does not count',
    find: 'const rival = host.topology.rivalsOf(device).find((one) => otherHolder(host, one, vmId));',
    replace: 'const rival = undefined;',
  },
  {
    file: `${pci}/companions.ts`,
    specs: [`${pci}/companions.spec.ts`, `${pci}/choose.spec.ts`],
    rule: 'a group goes as a whole',
    mutant: 'the rest of it stays',
    find: 'return movable(device).filter((member) => member !== device && !rivalsOf(device).includes(member));',
    replace: 'return [];',
  },
  {
    file: `${pci}/eligibility.ts`,
    specs: [`${pci}/eligibility.spec.ts`, `${pci}/availability.spec.ts`],
    rule: 'a group of which the host keeps a member is not viable',
    mutant: 'it is given',
    find: 'const because = hasHostDriver(member) || host.holders.has(member.deviceId) ? kept(member) : undefined;',
    replace: 'const because = undefined;',
  },
  {
    file: `${domain}/vm.decider.ts`,
    specs: [`${domain}/vm-state.spec.ts`],
    rule: 'a late state changes nothing',
    mutant: 'every state counts',
    find: 'if (vm && isOlder(newest, vm.newest)) return stale(vm, report);',
    replace: '',
  },
  {
    file: `${domain}/release.ts`,
    specs: [`${domain}/reservation.spec.ts`, `${domain}/vm-state.spec.ts`],
    rule: 'a device that is still attached is given to nobody',
    mutant: 'what a host attested is not looked at',
    find: 'host.seen?.attachments?.includes(`${vmId} ${host.devices.get(deviceId)?.address}`) === true;',
    replace: 'false;',
  },
  {
    file: `${domain}/host.decider.ts`,
    specs: [`${domain}/host-facts.spec.ts`],
    rule: 'a fact of an earlier agent start changes nothing',
    mutant: 'it counts',
    find: "if (fact.data.epoch < host.epoch || fact.data.epoch < (host.seen?.epoch ?? '')) return NOTHING;",
    replace: '',
  },
  {
    file: `${domain}/host.decider.ts`,
    specs: [`${domain}/host-facts.spec.ts`],
    rule: 'a fact changes nothing after a newer one about the same device',
    mutant: 'it counts',
    find: 'return last === undefined || epoch > last.epoch || (epoch === last.epoch && sequence > last.sequence);',
    replace: 'return true;',
  },
];
