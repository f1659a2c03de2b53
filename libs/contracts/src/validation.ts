import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormatsModule from 'ajv-formats';
import type { Fault } from '@vfleet/pci';
import { boundedFaults } from './bounded-faults.js';
import { COUNT_ALL_PATTERN } from './request.js';
import { isAlwaysStrict, schemaName, schemas, type Message } from './schema.js';
import { findUnstorable } from './storable.js';

export type Validated<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly Fault[] };

/** What to do with fields that the message does not define: requests refuse them, facts ignore them. */
export type Unknowns = 'refuse' | 'ignore';

/**
 * Checks a parsed JSON value against a message. Every fault is told, each with the path of its field; but what nobody can
 * keep is told alone and first, for a message that holds itself (`firstAvailable`) is checked as deep as it goes.
 */
export const validate = <T extends object>(message: Message<T>, value: unknown, unknowns: Unknowns): Validated<T> => {
  const bad = findUnstorable(value);
  if (bad) return { ok: false, faults: boundedFaults([bad]) };
  const validator = validatorOf(message, unknowns);
  if (validator(value)) return { ok: true, value: value as T };
  const faults = (validator.errors ?? []).filter(says).map(toFault);
  const unique = new Map(faults.map((fault) => [`${fault.field} ${fault.message}`, fault]));
  return { ok: false, faults: boundedFaults([...unique.values()]) };
};

const compiled = new Map<string, ValidateFunction>();

const validatorOf = (message: Message, unknowns: Unknowns): ValidateFunction => {
  const name = schemaName(message);
  const key = `${unknowns} ${name}`;
  let validator = compiled.get(key);
  if (!validator) {
    validator = compilers[unknowns]().getSchema(`messages#/$defs/${name}`) as ValidateFunction;
    compiled.set(key, validator);
  }
  return validator;
};

const once = <T>(make: () => T): (() => T) => {
  let value: T | undefined;
  return () => (value ??= make());
};

const addFormats = addFormatsModule as unknown as (ajv: Ajv) => void;

const compiler = (isStrict: (name: string) => boolean): Ajv => {
  const ajv = new Ajv({ allErrors: true, strict: false, messages: true });
  addFormats(ajv);
  ajv.addFormat('date-time', isTime);
  const $defs = Object.fromEntries(
    Object.entries(schemas()).map(([name, schema]) => [name, isStrict(name) ? { ...schema, additionalProperties: false } : schema]),
  );
  ajv.addSchema({ $id: 'messages', $defs });
  return ajv;
};

const compilers: Record<Unknowns, () => Ajv> = {
  refuse: once(() => compiler(() => true)),
  ignore: once(() => compiler(isAlwaysStrict)),
};

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i;

/** RFC 3339 as far as JavaScript and PostgreSQL both know the time; a leap second neither can name is none. */
const isTime = (text: string): boolean => RFC_3339.test(text) && !Number.isNaN(Date.parse(text.toUpperCase()));

/** What ajv says of a field that may be null: beside the fault itself that it is not null either. */
const says = ({ keyword, schemaPath }: ErrorObject): boolean => keyword !== 'anyOf' && !schemaPath.endsWith('/anyOf/1/type');

const pathOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path ? `${path}.${part}` : part), '');

const toFault = ({ keyword, instancePath, message, params }: ErrorObject): Fault => {
  const at = pathOf(instancePath);
  const told = params as Readonly<Record<string, unknown>>;
  const inside = (name: unknown): string => (at ? `${at}.${String(name)}` : String(name));
  if (keyword === 'required') return { field: inside(told['missingProperty']), message: 'is missing' };
  if (keyword === 'additionalProperties') return { field: inside(told['additionalProperty']), message: 'is not understood' };
  return { field: at || 'body', message: sentence(keyword, told) ?? message ?? 'is wrong' };
};

const sentence = (keyword: string, params: Readonly<Record<string, unknown>>): string | undefined => {
  if (keyword === 'enum') return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
  if (keyword === 'maxLength') return `is longer than ${String(params['limit'])} characters`;
  if (keyword === 'maxItems') return `has more than ${String(params['limit'])} items`;
  if (keyword === 'pattern' && params['pattern'] === COUNT_ALL_PATTERN) return 'must be a whole number, or "all"';
  if (keyword === 'type' && Array.isArray(params['type'])) return `must be ${params['type'].join(' or ')}`;
  if (keyword === 'format') return 'must be a time as RFC 3339 writes it, 2026-11-20T10:00:00Z';
  return undefined;
};
