import 'reflect-metadata';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { MAX_LIST, MAX_TEXT } from './fields.js';

/** A message class; its class-validator decorators are the one definition of the message. */
export type Message<T extends object = object> = new () => T;

export type JsonSchema = { [key: string]: unknown };

/** Messages in which nothing unknown is ever ignored, wherever they stand. */
const alwaysStrict = new Set<string>();

/** Marks a message in which an unknown field is a fault even inside a fact: a misspelt wish must not be half served. */
export const Strict =
  () =>
  (target: Function): void => {
    alwaysStrict.add(target.name);
  };

export const isAlwaysStrict = (name: string): boolean => alwaysStrict.has(name);

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

/**
 * The name under which a message's schema stands: its own, or that of the class that it extends and adds nothing to.
 * @throws Error for a class without any field
 */
export const schemaName = (message: Message): string => {
  for (let type: unknown = message; typeof type === 'function'; type = Object.getPrototypeOf(type))
    if (Object.hasOwn(schemas(), type.name)) return type.name;
  throw new Error(`${message.name} is no message`);
};
