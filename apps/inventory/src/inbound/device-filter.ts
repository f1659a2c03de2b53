import { invalidRequest } from '@vfleet/contracts';
import { compileMatch, faultsAsWritten, type Fault } from '@vfleet/pci';
import type { ShownDevice } from '../read-model/host-picture.js';
import { asList, type Condition, type Filter } from './condition.js';
import { OWN, buildOf, observed, type OwnKey } from './filter-keys.js';

const MAX_VALUES = 256;

/**
 * Conditions that say what a filter says; an empty one means every device. Removed devices are left out unless the
 * filter's state names them. `prefix`: of the parameters, for conditions that stand beside others.
 * @throws ApiError 400, naming `filter.<key>`
 */
export const toConditions = (filter: Filter = {}, prefix = ''): readonly Condition[] => {
  const own = Object.entries(filter).filter(([key]) => Object.hasOwn(OWN, key));
  const match = Object.fromEntries(Object.entries(filter).filter(([key]) => !Object.hasOwn(OWN, key)));
  const faults = [...own.flatMap(ownFault), ...matchFaults(match)];
  if (faults.length > 0) throw invalidRequest(faults);
  return [
    ...(asList(filter['state']).includes('removed') ? [] : [{ sql: `device.presence <> 'removed'`, parameters: {} }]),
    ...own.map(([key, value], index) => (OWN[key] as OwnKey).build(asList(value), `${prefix}own_${index}`)),
    ...matchConditions(match, prefix),
  ];
};

/**
 * The same as a test of rows in memory, for rows that no table has.
 * @throws ApiError 400, naming `filter.<key>`
 */
export const toTest = (filter: Filter = {}): ((row: Testable) => boolean) => {
  toConditions(filter);
  const own = Object.entries(filter).filter(([key]) => Object.hasOwn(OWN, key));
  const match = Object.fromEntries(Object.entries(filter).filter(([key]) => !Object.hasOwn(OWN, key)));
  const compiled = Object.keys(match).length > 0 ? compileMatch(match) : undefined;
  const withRemoved = asList(filter['state']).includes('removed');
  return (row) =>
    (withRemoved || row.presence !== 'removed') &&
    own.every(([key, value]) => asList(value).includes(ownValue(row, key))) &&
    (!compiled || ('test' in compiled && compiled.test(Object.assign({} as Record<string, unknown>, row.observation, row.traits))));
};

type Testable = Pick<ShownDevice, 'presence' | 'hostId' | 'holder' | 'state' | 'eligible' | 'observation' | 'traits'>;

const ownValue = ({ hostId, holder, state, eligible }: Testable, key: string): unknown => ({ hostId, vmId: holder?.vmId, state, eligible })[key];

const ownFault = ([key, value]: readonly [string, unknown]): readonly Fault[] => {
  const { valid, form } = OWN[key] as OwnKey;
  const values = asList(value);
  return values.length > 0 && values.length <= MAX_VALUES && values.every(valid) ? [] : [{ field: `filter.${key}`, message: `must be ${form}` }];
};

const matchFaults = (match: Filter): readonly Fault[] => (Object.keys(match).length === 0 ? [] : faultsAsWritten(match, 'filter'));

const matchConditions = (match: Filter, prefix: string): readonly Condition[] => {
  const conditions = Object.entries(match)
    .filter(([key]) => key !== 'all')
    .map(([key, value], index) => buildOf(key)(asList(value), `${prefix}match_${index}`));
  // As in a match: a PF's name means its VFs, unless the PF itself is asked for.
  const vfsOnly = 'pf' in match && !asList(match['functionType']).includes('pf');
  return vfsOnly ? [...conditions, observed('functionType')(['vf'], `${prefix}vfs_only`)] : conditions;
};
