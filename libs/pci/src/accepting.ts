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
  let described: readonly { readonly device: DeviceObservation; readonly attributes: Attributes }[] | undefined;
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
    for (const [index, { device, attributes }] of all.entries())
      if (asked.every(({ test, known }) => (known[index] ||= test(attributes) ? YES : NO) === YES)) accepted.push(device);
    return accepted;
  };
};

/** 0 stands for what has not been asked yet. */
const YES = 1;
const NO = 2;
