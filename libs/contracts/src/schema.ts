import 'reflect-metadata';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormatsModule from 'ajv-formats';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import type { Fault } from '@vfleet/pci';
import { MAX_LIST, MAX_TEXT } from './fields.js';

/** A message class; its class-validator decorators are the one definition of the message. */
export type Message<T extends object = object> = new () => T;

export type JsonSchema = { [key: string]: unknown };

export type Validated<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly Fault[] };

/** What to do with fields that the message does not define: requests refuse them, facts ignore them. */
export type Unknowns = 'refuse' | 'ignore';

/** Messages in which nothing unknown is ever ignored, wherever they stand. */
const alwaysStrict = new Set<string>();

/** Marks a message in which an unknown field is a fault even inside a fact: a misspelt wish must not be half served. */
export const Strict =
  () =>
  (target: Function): void => {
    alwaysStrict.add(target.name);
  };

const addFormats = addFormatsModule as unknown as (ajv: Ajv) => void;

/** JSON Schemas of every message class that was imported, by class name. Made once, at the first use. */
export const schemas = (): Readonly<Record<string, JsonSchema>> => (made ??= makeSchemas());
let made: Readonly<Record<string, JsonSchema>> | undefined;

const makeSchemas = (): Readonly<Record<string, JsonSchema>> => {
  const all = validationMetadatasToSchemas({
    classTransformerMetadataStorage: defaultMetadataStorage as never,
    refPointerPrefix: '#/$defs/',
    additionalConverters: {
      isInt: { type: 'integer' },
      min: ({ constraints }) => ({ minimum: constraints[0] as number }),
      max: ({ constraints }) => ({ maximum: constraints[0] as number }),
      isIso8601: { type: 'string', format: 'date-time' },
    },
  }) as Record<string, JsonSchema>;
  for (const schema of Object.values(all)) normalise(schema);
  return all;
};

/** Bounds every text and list that has no tighter bound. */
const normalise = (schema: JsonSchema): void => {
  if (schema['type'] === 'string' && !schema['enum'] && !schema['pattern'] && schema['maxLength'] === undefined) schema['maxLength'] = MAX_TEXT;
  if (schema['type'] === 'array' && schema['maxItems'] === undefined) schema['maxItems'] = MAX_LIST;
  for (const value of Object.values(schema)) if (value && typeof value === 'object' && !Array.isArray(value)) normalise(value as JsonSchema);
};

const compilers: Record<Unknowns, () => Ajv> = {
  refuse: lazily(() => compiler(() => true)),
  ignore: lazily(() => compiler((name) => alwaysStrict.has(name))),
};

function lazily<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}

const compiler = (strict: (name: string) => boolean): Ajv => {
  const ajv = new Ajv({ allErrors: true, strict: false, messages: true });
  addFormats(ajv);
  const $defs = Object.fromEntries(
    Object.entries(schemas()).map(([name, schema]) => [name, strict(name) ? { ...schema, additionalProperties: false } : schema]),
  );
  ajv.addSchema({ $id: 'messages', $defs });
  return ajv;
};

const compiled = new Map<string, ValidateFunction>();

const validatorOf = (message: Message, unknowns: Unknowns): ValidateFunction => {
  const key = `${unknowns} ${message.name}`;
  let validator = compiled.get(key);
  if (!validator) {
    validator = compilers[unknowns]().getSchema(`messages#/$defs/${message.name}`);
    if (!validator) throw new Error(`${message.name} is no message`);
    compiled.set(key, validator);
  }
  return validator;
};

/** Checks a parsed JSON value against a message. Every fault is told, each with the path of its field. */
export const validate = <T extends object>(message: Message<T>, value: unknown, unknowns: Unknowns): Validated<T> => {
  const validator = validatorOf(message, unknowns);
  if (validator(value)) {
    const bad = findUnstorable(value, '', 0);
    return bad ? { ok: false, faults: [bad] } : { ok: true, value: value as T };
  }
  const faults = (validator.errors ?? []).map(toFault);
  const unique = new Map(faults.map((fault) => [`${fault.field} ${fault.message}`, fault]));
  return { ok: false, faults: [...unique.values()].slice(0, MAX_FAULTS) };
};

const MAX_FAULTS = 50;
const MAX_DEPTH = 16;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** What JSON allows and nobody can keep or should see: NUL (PostgreSQL refuses it), half a surrogate pair, depth, tricks with prototypes. */
const findUnstorable = (value: unknown, path: string, depth: number): Fault | undefined => {
  if (typeof value === 'string')
    return value.includes('\u0000') || !value.isWellFormed()
      ? { field: path || 'body', message: 'holds a character that cannot be stored' }
      : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return { field: path, message: `is nested deeper than ${MAX_DEPTH}` };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const bad = findUnstorable(item, `${path}[${index}]`, depth + 1);
      if (bad) return bad;
    }
    return undefined;
  }
  for (const [key, item] of Object.entries(value)) {
    const field = path ? `${path}.${key}` : key;
    if (FORBIDDEN_KEYS.has(key) || key.includes('\u0000') || !key.isWellFormed()) return { field, message: 'is not allowed as a name' };
    const bad = findUnstorable(item, field, depth + 1);
    if (bad) return bad;
  }
  return undefined;
};

const toFault = (error: ErrorObject): Fault => {
  const at = error.instancePath
    .split('/')
    .slice(1)
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path ? `${path}.${part}` : part), '');
  const inside = (name: string): string => (at ? `${at}.${name}` : name);
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'required') return { field: inside(String(params['missingProperty'])), message: 'is missing' };
  if (error.keyword === 'additionalProperties') return { field: inside(String(params['additionalProperty'])), message: 'is not understood' };
  if (error.keyword === 'enum') return { field: at || 'body', message: `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}` };
  return { field: at || 'body', message: error.message ?? 'is wrong' };
};
