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
];
