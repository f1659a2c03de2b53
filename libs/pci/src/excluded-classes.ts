import type { DeviceObservation } from './device.js';
import type { Fault } from './match.js';

/** A PCI class that hosts keep, by the first two, four or more of its six hex digits. */
export interface ExcludedClass {
  readonly class: string;
  /** What such devices are called in refusals. */
  readonly reason?: string;
}

/** What hosts keep as long as no operator has said otherwise. */
export const DEFAULT_EXCLUDED_CLASSES: readonly ExcludedClass[] = [
  { class: '05', reason: 'memory controller' },
  { class: '06', reason: 'bridge' },
  { class: '07', reason: 'communication controller' },
  { class: '08', reason: 'system peripheral' },
];

/** Bridges hold the tree together, and stand in no group that is passed to a VM: no list can give them away. */
const BRIDGES = '06';

/** What keeps a device with its host for its class; undefined where nothing does. */
export type ClassExclusion = (device: Pick<DeviceObservation, 'kind' | 'class'>) => string | undefined;

/** Of several that hold for a device, the one that says most about its class is told. */
export const classExclusion = (excluded: readonly ExcludedClass[]): ClassExclusion => {
  const reasons = new Map(excluded.map((one) => [one.class, one.reason ?? `device of the class ${one.class}`]));
  const lengths = [...new Set(excluded.map((one) => one.class.length))].sort((a, b) => b - a);
  return ({ kind, class: code }) => {
    if (kind !== 'pci' || code === undefined) return undefined;
    for (const length of lengths) {
      const reason = code.length >= length ? reasons.get(code.slice(0, length)) : undefined;
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
};

export const BY_DEFAULT: ClassExclusion = classExclusion(DEFAULT_EXCLUDED_CLASSES);

/** The list as it is kept: digits in lower case, reasons without blanks around them, in the order of classes. */
export const tidyExcludedClasses = (excluded: readonly ExcludedClass[]): readonly ExcludedClass[] =>
  excluded
    .map((one) => ({ class: one.class.toLowerCase(), ...(one.reason?.trim() && { reason: one.reason.trim() }) }))
    .sort((a, b) => (a.class < b.class ? -1 : 1));

const PREFIX = /^[0-9a-f]{2,6}$/;

/** What is wrong with a list that came as the field `excludedClasses`, in whatever letter case. */
export const excludedClassFaults = (given: readonly ExcludedClass[]): readonly Fault[] => {
  const classes = given.map((one) => one.class.toLowerCase());
  const faults = classes.flatMap((one, index): readonly Fault[] => {
    const field = `excludedClasses[${index}].class`;
    if (!PREFIX.test(one)) return [{ field, message: 'must be two to six hex digits without 0x' }];
    const first = classes.indexOf(one);
    return first === index ? [] : [{ field, message: `stands in excludedClasses[${first}] already` }];
  });
  if (faults.length > 0 || classes.includes(BRIDGES)) return faults;
  return [{ field: 'excludedClasses', message: `must hold ${BRIDGES}: bridges stay with their host` }];
};

/** Entries of which one list says another thing than the other, or nothing. */
export const changedClasses = (before: readonly ExcludedClass[], after: readonly ExcludedClass[]): readonly string[] => {
  const said = (list: readonly ExcludedClass[], one: ExcludedClass): boolean =>
    list.some((other) => other.class === one.class && other.reason === one.reason);
  const changed = [...before.filter((one) => !said(after, one)), ...after.filter((one) => !said(before, one))];
  return [...new Set(changed.map((one) => one.class))];
};
