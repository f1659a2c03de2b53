import type { Alternative, Condition } from './ask.js';
import { askedFor } from './asked-for.js';
import type { CompiledWhere, CompileWhere } from './device-request.js';
import { isGlob } from './glob.js';
import { compileMatch, type Match } from './match.js';
import type { Plain } from './request-names.js';

/** What was written, made ready to be asked about devices. */
export const toAlternative = (plain: Plain, compileWhere: CompileWhere, linked: boolean): Alternative => {
  const { device, model, matches, wheres, count = 1, numaPolicy = 'preferred', together = [], apart = [], migration, keepOnStop = false } = plain;
  const conditions: readonly Condition[] = [
    ...(device === undefined ? [] : [equals('name', device)]),
    ...(model === undefined ? [] : [equals('model', model)]),
    ...matches.flatMap(keysOf).map(toCondition),
    ...wheres.map((where) => ({ steps: 1, ...compiled(compileWhere(where)), text: `where ${where}`, key: `where ${where}` })),
  ];
  return {
    count,
    ...allOf(conditions),
    ...(device !== undefined && conditions.length === 1 && { onlyNamed: device }),
    ...askedFor(matches),
    numaPolicy,
    together,
    apart,
    ...(linked && { linked }),
    placement: plain.placement ?? (matches.some(namesPort) ? 'port' : 'any'),
    ...(plain.placement !== undefined && { placed: true as const }),
    ...(migration && { migration }),
    keepOnStop,
  };
};

/** The same way of asking, for devices that meet this match as well; it says nothing of addresses and functions. */
export const narrowedTo = ({ onlyNamed: _, ...alternative }: Alternative, match: Match): Alternative => ({
  ...alternative,
  ...allOf([...alternative.conditions, ...keysOf(match).map(toCondition)]),
});

const allOf = (conditions: readonly Condition[]): Pick<Alternative, 'accepts' | 'conditions' | 'reads'> => ({
  accepts: conditions.length === 1 && conditions[0] ? conditions[0].test : (device) => conditions.every(({ test }) => test(device)),
  conditions,
  reads: new Set(conditions.flatMap(({ reads }) => reads)),
});

const namesPort = (match: Match): boolean => 'physicalNetwork' in match || 'pf' in match;

/** Each key of a match by itself; what `pf` means depends on `functionType`. */
const keysOf = (match: Match): readonly Match[] => {
  const { pf, functionType, ...others } = match;
  const single = Object.entries(others).map(([key, value]) => ({ [key]: value }));
  const of = { ...(pf !== undefined && { pf }), ...(functionType !== undefined && { functionType }) };
  return Object.keys(of).length > 0 ? [of, ...single] : single;
};

/** Globs, PFs and classes are looked at one after the other; other values are found in one look, however many there are. */
const toCondition = (match: Match): Condition => ({
  ...compiled(compileMatch(match)),
  text: describeMatch(match),
  key: JSON.stringify(match),
  steps: Math.max(1, [match['pf'] ?? [], match['class'] ?? [], [match['address']].flat().filter(isGlob)].flat().length),
});

const describeMatch = (match: Match): string =>
  Object.entries(match)
    .map(([key, value]) => `${key} ${[value].flat().join(' or ')}`)
    .join(', ');

const equals = (key: string, value: string): Condition => ({
  test: (attributes) => attributes[key] === value,
  among: { attribute: key, values: new Set([value]) },
  reads: [key],
  text: `${key} ${value}`,
  key: `${key} ${value}`,
  steps: 1,
});

/** What was checked when it was stored or asked for is wrong only if the log is. */
const compiled = (
  result: ReturnType<typeof compileMatch> | CompiledWhere,
): Pick<Condition, 'test' | 'among' | 'reads'> & { readonly steps?: number } => {
  if (!('test' in result)) throw new Error('a request that was checked cannot be compiled');
  return result;
};
