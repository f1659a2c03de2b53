import type { Attributes } from '@vfleet/pci';
import { DEVICE_FIELDS, HOST_USE_FIELDS, MAX_ELEMENTS, NET_FIELDS, NULLABLE } from './vocabulary.js';

type Fields = Readonly<Record<string, string>>;

/** CEL's `int` is a bigint. Anything that is no value of the type is absent: an expression that reads it fails. */
const toCel = (type: string, value: unknown): unknown => {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'bool':
      return typeof value === 'boolean' ? value : undefined;
    case 'int':
      return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
    case 'list<net>':
      return listOf(NetFacts, value);
    case 'list<hostUse>':
      return listOf(HostUseFacts, value);
    default:
      return mapOf(value);
  }
};

const listOf = (facts: new (raw: object) => object, value: unknown): readonly object[] | undefined => {
  if (!Array.isArray(value) || value.length > MAX_ELEMENTS) return undefined;
  return value.filter((one): one is object => typeof one === 'object' && one !== null).map((one) => new facts(one));
};

/** A Map, so that no tag's key is mistaken for something that every object has. */
const mapOf = (value: unknown): ReadonlyMap<string, unknown> | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  return entries.length > MAX_ELEMENTS ? undefined : new Map(entries);
};

/** Converts a field when it is read, and no other: a fleet's worth of devices is asked without a copy of it. */
const defineFields = (facts: { readonly prototype: object }, fields: Fields): void => {
  for (const [name, type] of Object.entries(fields)) {
    const read = NULLABLE.has(name)
      ? (raw: Readonly<Record<string, unknown>>) => toCel(type, raw[name]) ?? null
      : (raw: Readonly<Record<string, unknown>>) => (Object.hasOwn(raw, name) ? toCel(type, raw[name]) : undefined);
    Object.defineProperty(facts.prototype, name, {
      get(this: { readonly raw: Readonly<Record<string, unknown>> }) {
        return read(this.raw);
      },
    });
  }
};

/** One device as expressions see it. */
export class DeviceFacts {
  constructor(readonly raw: Attributes) {}
}

/** One of its interfaces. */
export class NetFacts {
  constructor(readonly raw: object) {}
}

/** One thing on the host that needs it. */
export class HostUseFacts {
  constructor(readonly raw: object) {}
}

defineFields(DeviceFacts, DEVICE_FIELDS);
defineFields(NetFacts, NET_FIELDS);
defineFields(HostUseFacts, HOST_USE_FIELDS);
