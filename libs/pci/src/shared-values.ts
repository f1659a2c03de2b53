import type { DeviceObservation } from './device.js';
import type { Attributes } from './match.js';
import { attributeValue } from './misfit.js';
import { remembered } from './remembered.js';

/** What devices of one host have, each looked up once: requests ask for the same again and again. */
export interface SharedValues {
  /** Reads an attribute; undefined where a device lacks it. The same function for the same name. */
  readonly of: (name: string) => (device: DeviceObservation) => unknown;
  /** What a device has of several attributes, as a text that is the same for devices that have the same. */
  readonly together: (names: readonly string[]) => (device: DeviceObservation) => string;
}

export const sharedValues = (attributesOf: (device: DeviceObservation) => Attributes): SharedValues => {
  const readers = new Map<string, (device: DeviceObservation) => unknown>();
  const texts = new Map<string, (device: DeviceObservation) => string>();
  const of: SharedValues['of'] = (name) => {
    const reader = readers.get(name) ?? remembered((device: DeviceObservation) => attributeValue(attributesOf(device), name));
    readers.set(name, reader);
    return reader;
  };
  return {
    of,
    together: (names) => {
      const key = JSON.stringify(names);
      const text = texts.get(key) ?? remembered((device: DeviceObservation) => JSON.stringify(names.map((name) => of(name)(device))));
      texts.set(key, text);
      return text;
    },
  };
};
