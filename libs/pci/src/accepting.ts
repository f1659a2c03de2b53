import { addBit, addBits, askedOnce, bitsOf, everyBit, noBits, within, type Bits } from './bits.js';
import type { Alternative, Condition } from './ask.js';
import type { DeviceObservation } from './device.js';
import type { Among, Attributes } from './match.js';
import { attributeValue } from './misfit.js';
import { remembered } from './remembered.js';
import type { Topology } from './topology.js';

/**
 * Finds the devices of a host that an alternative accepts, by their places in the order of addresses. Values are looked
 * up, however many alternatives ask for them; anything else is asked once about each device that the rest holds for.
 */
export const accepting = (topology: Topology, attributesOf: (device: DeviceObservation) => Attributes): ((alternative: Alternative) => Bits) => {
  const devices = topology.inOrder();
  let read: readonly Attributes[] | undefined;
  const attributes = (): readonly Attributes[] => (read ??= devices.map(attributesOf));
  const having = remembered((name: string) => byValue(attributes(), name));
  const answers = new Map<string, (among: Bits) => Bits>();
  const answerTo = ({ key, among, test }: Condition): ((to: Bits) => Bits) => {
    const known = answers.get(key);
    if (known) return known;
    const found = among && anyOf(among, having(among.attribute), devices.length);
    const answer = found ? (to: Bits) => within(to, found) : askedOnce(devices.length, (place) => test(attributes()[place] as Attributes));
    answers.set(key, answer);
    return answer;
  };
  const named = remembered((name: string) => bitsOf(devices.length, topology.named(name).map(topology.placeOf)));
  return ({ conditions, onlyNamed }) => {
    if (onlyNamed !== undefined) return named(onlyNamed);
    const cheapFirst = [...conditions.filter(({ among }) => among), ...conditions.filter(({ among }) => !among)];
    return cheapFirst.reduce((left, condition) => answerTo(condition)(left), everyBit(devices.length));
  };
};

const byValue = (attributes: readonly Attributes[], name: string): ReadonlyMap<unknown, Bits> => {
  const having = new Map<unknown, Bits>();
  for (const [place, one] of attributes.entries()) {
    const value = attributeValue(one, name);
    const bits = having.get(value) ?? noBits(attributes.length);
    having.set(value, bits);
    addBit(bits, place);
  }
  return having;
};

const anyOf = ({ values }: Among, having: ReadonlyMap<unknown, Bits>, devices: number): Bits => {
  const found = noBits(devices);
  for (const value of values) {
    const some = having.get(value);
    if (some) addBits(found, some);
  }
  return found;
};
