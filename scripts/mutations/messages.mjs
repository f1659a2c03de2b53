/** What hostile messages meet first. */
const contracts = (name) => ({ file: `libs/contracts/src/${name}.ts`, specs: [`libs/contracts/src/${name}.spec.ts`] });

export const MESSAGES = [
  {
    ...contracts('validation'),
    rule: 'what nobody can keep is refused before a message is checked',
    mutant: 'it is never looked for',
    find: 'const bad = findUnstorable(value);',
    replace: 'const bad = findUnstorable(0);',
  },
  {
    ...contracts('facts'),
    rule: 'an id is one under which something can be kept',
    mutant: 'any is taken',
    find: '(given.length <= MAX_ID && isStorable(given))',
    replace: 'given.length >= 0',
  },
  {
    ...contracts('validation'),
    file: 'libs/contracts/src/bounded-faults.ts',
    rule: 'a refusal stays small',
    mutant: 'it names every fault',
    find: 'faults.slice(0, MAX_FAULTS)',
    replace: 'faults.slice(0)',
  },
  {
    file: 'libs/messaging/src/allowance.ts',
    specs: ['libs/messaging/src/allowance.spec.ts'],
    rule: 'what piled up while nobody read is no flood',
    mutant: 'time between messages does not count',
    find: '(Math.max(0, atMs - known.atMs) / MS_PER_SECOND) * perSecond',
    replace: '0 * perSecond',
  },
  {
    file: 'apps/allocator/src/domain/host.decider.ts',
    specs: ['apps/allocator/src/domain/host-facts.spec.ts'],
    rule: 'a host has so many devices and no more',
    mutant: 'it may have any number',
    find: 'devices.size >= MAX_DEVICES',
    replace: 'devices.size < 0',
  },
  {
    file: 'libs/messaging/src/side-lanes.ts',
    specs: ['libs/messaging/src/side-lanes.int-spec.ts'],
    test: 'holds up nobody else',
    rule: 'a source that floods the stream holds up nobody else',
    mutant: 'its messages are read with all others',
    find: 'if (!lane && !this.allowance.take(',
    replace: 'if (this.stopping && !this.allowance.take(',
  },
  {
    file: 'libs/messaging/src/side-lanes.ts',
    specs: ['libs/messaging/src/side-lanes.int-spec.ts'],
    test: 'by the next owner',
    rule: 'what waits is read by the next owner',
    mutant: 'it is forgotten',
    find: "if (source !== '' && !this.lanes.has(source))",
    replace: "if (source === '-' && !this.lanes.has(source))",
  },
];
