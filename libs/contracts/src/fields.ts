import 'reflect-metadata';
import { Type } from 'class-transformer';
import { Allow, IsArray, IsInt, IsISO8601, IsObject, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { DEVICE_ID, TOKEN } from '@vfleet/pci';

/** Longest text in any message, in characters; longer input is refused before it is stored. */
export const MAX_TEXT = 1024;
/** Longest list in any message; a host has at most as many devices. */
export const MAX_LIST = 4096;

const every =
  (...decorators: readonly PropertyDecorator[]): PropertyDecorator =>
  (target, key) => {
    for (const decorate of decorators) decorate(target, key);
  };

export const Optional = (): PropertyDecorator => IsOptional();
export const Token = (): PropertyDecorator => every(IsString(), Matches(TOKEN));
export const IsDeviceId = (): PropertyDecorator => every(IsString(), Matches(DEVICE_ID));
export const Text = (max = MAX_TEXT): PropertyDecorator => every(IsString(), MaxLength(max));
export const Texts = (): PropertyDecorator => every(IsArray(), IsString({ each: true }), MaxLength(MAX_TEXT, { each: true }));
export const Tokens = (): PropertyDecorator => every(IsArray(), IsString({ each: true }), Matches(TOKEN, { each: true }));
/** RFC 3339. */
export const Time = (): PropertyDecorator => every(IsString(), IsISO8601());
export const Whole = (min = 0, max = Number.MAX_SAFE_INTEGER): PropertyDecorator => every(IsInt(), Min(min), Max(max));
export const Wholes = (): PropertyDecorator => every(IsArray(), IsInt({ each: true }));
/** NUMA nodes of a host; that a node is unknown (-1 in sysfs) is said by leaving it out. */
export const NumaNodes = (): PropertyDecorator => every(IsArray(), IsInt({ each: true }), Min(0, { each: true }));
/** Hex digits of a fixed number, lower case. */
export const Hex = (digits: number): PropertyDecorator => every(IsString(), Matches(new RegExp(`^[0-9a-f]{${digits}}$`)));
export const HexInAnyCase = (digits: number): PropertyDecorator => every(IsString(), Matches(new RegExp(`^[0-9a-fA-F]{${digits}}$`)));
/** So many of the first hex digits of an id, in any letter case. */
export const HexPrefix = (least: number, most: number): PropertyDecorator =>
  every(IsString(), Matches(new RegExp(`^[0-9a-fA-F]{${least},${most}}$`)));
export const AnyObject = (): PropertyDecorator => IsObject();
/** An object of texts, as tags and labels are. */
export const TextMap = (): PropertyDecorator =>
  every(IsObject(), JSONSchema({ additionalProperties: { type: 'string', maxLength: MAX_TEXT } }) as PropertyDecorator);
/** An object of texts, or of nulls for those that are to go. */
export const TextMapChanges = (maxKey: number, maxValue: number, maxKeys: number): PropertyDecorator =>
  every(
    IsObject(),
    JSONSchema({
      propertyNames: { minLength: 1, maxLength: maxKey },
      additionalProperties: { type: ['string', 'null'], maxLength: maxValue },
      maxProperties: maxKeys,
    } as never) as PropertyDecorator,
  );
/** May be null, which says "there is none" and not "not told". Stands before the other decorators of the field. */
export const Nullable = (): PropertyDecorator => JSONSchema((schema) => ({ anyOf: [schema, { type: 'null' }] })) as PropertyDecorator;
/** A time in RFC 3339, or a position of the journal: its digits, or the number. What it must be is told by whoever reads it. */
export const At = (): PropertyDecorator =>
  every(Allow(), JSONSchema({ type: ['string', 'integer'], maxLength: 64, minimum: 0 } as never) as PropertyDecorator);
/** Anything that JSON can hold. */
export const Anything = (): PropertyDecorator => every(Allow(), JSONSchema({}) as PropertyDecorator);

/** One nested message. */
export const One = (type: () => new () => object): PropertyDecorator => every(ValidateNested(), Type(type));
/** A list of nested messages. */
export const Many = (type: () => new () => object): PropertyDecorator => every(IsArray(), ValidateNested({ each: true }), Type(type));
