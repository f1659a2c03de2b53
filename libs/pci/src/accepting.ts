import type { Alternative, Condition } from './ask.js';
import type { DeviceObservation } from './device.js';
import type { Attributes } from './match.js';
import type { Topology } from './topology.js';

/**
 * Finds the devices of a host that an alternative accepts. A condition is asked once about each device, however many
 * alternatives have it, and only about devices that the conditions before it hold for.
 */
export const accepting = (
  topology: Topology,
  attributesOf: (device: DeviceObservation) => Attributes,
): ((alternative: Alternative) => readonly DeviceObservation[]) => {
  let described: readonly Described[] | undefined;
  const answers = new Map<string, Uint8Array>();
  const answersTo = ({ key }: Condition, devices: number): Uint8Array => {
    const known = answers.get(key) ?? new Uint8Array(devices);
    answers.set(key, known);
    return known;
  };
  return ({ conditions, onlyNamed }) => {
    if (onlyNamed !== undefined) return topology.named(onlyNamed);
    const all = (described ??= Array.from(topology.devices.values(), (device) => ({ device, attributes: attributesOf(device) })));
    const asked = conditions.map((condition) => ({ test: condition.test, known: answersTo(condition, all.length) }));
    const accepted: DeviceObservation[] = [];
    for (let index = 0; index < all.length; index += 1) {
      const { device, attributes } = all[index] as Described;
      if (holds(asked, attributes, index)) accepted.push(device);
    }
    return accepted;
  };
};

interface Described {
  readonly device: DeviceObservation;
  readonly attributes: Attributes;
}

interface Asked {
  readonly test: Condition['test'];
  readonly known: Uint8Array;
}

const holds = (asked: readonly Asked[], attributes: Attributes, index: number): boolean => {
  for (const { test, known } of asked) {
    if (known[index] === UNKNOWN) known[index] = test(attributes) ? YES : NO;
    if (known[index] === NO) return false;
  }
  return true;
};

const UNKNOWN = 0;
const YES = 1;
const NO = 2;
