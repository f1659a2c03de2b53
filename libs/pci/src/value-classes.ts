import { addBit, noBits } from './bits.js';
import type { DeviceObservation } from './device.js';
import type { ValueClasses } from './flow.js';
import type { Attributes } from './match.js';
import type { Values } from './matching-problem.js';
import { attributeValue } from './misfit.js';
import { remembered } from './remembered.js';

/** What the devices of a wish have, in numbers and each looked up once: requests ask for the same again and again. */
export interface SharedValues {
  /** The values of one attribute. The same function for the same name. */
  readonly of: (name: string) => Values;
  /** The values of several attributes taken together. */
  readonly together: (names: readonly string[]) => ValueClasses;
}

export const sharedValues = (order: readonly DeviceObservation[], attributesOf: (device: DeviceObservation) => Attributes): SharedValues => {
  const valuesOf = (name: string): readonly unknown[] => order.map((device) => attributeValue(attributesOf(device), name));
  const together = remembered((key: string) => {
    const columns = (JSON.parse(key) as readonly string[]).map(valuesOf);
    return numbered(order.map((_, place) => JSON.stringify(columns.map((column) => column[place]))));
  });
  return {
    of: remembered((name: string) => {
      let made: ValueClasses | undefined;
      return () => (made ??= numbered(valuesOf(name)));
    }),
    together: (names) => together(JSON.stringify(names)),
  };
};

/** Gives each value a number, in the order in which they first appear. */
export const numbered = (values: readonly unknown[]): ValueClasses => {
  const known = new Map<unknown, number>();
  const classes: ValueClasses['classes'][number][] = [];
  const numbers = new Int32Array(values.length);
  for (const [device, value] of values.entries()) {
    const number = known.get(value) ?? known.size;
    if (number === known.size) classes.push(noBits(values.length));
    known.set(value, number);
    numbers[device] = number;
    addBit(classes[number] as ValueClasses['classes'][number], device);
  }
  return { numbers, classes };
};
