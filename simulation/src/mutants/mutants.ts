/** A guard that is taken out of the built code, and within how many seeds, from 1, a promise has to be broken without it. */
export interface Mutant {
  readonly name: string;
  /** What the code does not do any more. */
  readonly lacks: string;
  /** The end of the built file's path, and what in it becomes what. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly within: number;
}

const RECORD = 'simulation/dist/store/record.js';
const SAGAS = 'apps/migrator/dist/open-sagas.js';
const TOPOLOGY = 'libs/pci/dist/topology.js';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'version',
    lacks: 'an event is refused where its stream has another of its version',
    file: RECORD,
    find: 'checkVersion(tables, event);',
    replace: '',
    within: 100,
  },
  {
    name: 'fence',
    lacks: 'a transaction of an owner who was replaced is refused',
    file: RECORD,
    find: 'lease !== null && tables.leases.get(lease)?.fence !== fence',
    replace: 'false',
    within: 100,
  },
  {
    name: 'orders',
    lacks: 'an owner who was asleep asks whether it still is one before it orders something',
    file: SAGAS,
    find: 'const confirm = () => ownership.confirm();',
    replace: 'const confirm = () => undefined;',
    within: 100,
  },
  {
    name: 'inbox',
    lacks: 'a key that was received is refused',
    file: RECORD,
    find: 'tables.inbox.has(key)',
    replace: 'false',
    within: 100,
  },
  {
    name: 'group',
    lacks: 'an IOMMU group belongs to one VM',
    file: TOPOLOGY,
    find: 'groupOf: (device) => (device.iommuGroup === null ? NONE : (groups.get(device.iommuGroup) ?? NONE))',
    replace: 'groupOf: () => NONE',
    within: 100,
  },
  {
    name: 'functions',
    lacks: 'a PF and its VFs exclude each other',
    file: TOPOLOGY,
    find: 'return above.length === 0 ? subtreeOf(device) : [...new Set([...above, ...subtreeOf(device)])];',
    replace: 'return NONE;',
    within: 100,
  },
];

/** @throws Error for a name that nobody has */
export const mutantNamed = (name: string): Mutant => {
  const mutant = MUTANTS.find((one) => one.name === name);
  if (!mutant) throw new Error(`${name} is no guard: ${MUTANTS.map((one) => one.name).join(', ')}`);
  return mutant;
};
