import type { ASTNode } from '@marcbachmann/cel-js';
import { attributeOf, tagOf } from './syntax.js';

/** A literal that an attribute is compared with. */
export type Equal = string | number;

/**
 * Values that a device has wherever an expression is true of it, by attribute, tags as `tags.<key>`: what each side of an `&&` compares with a
 * literal by itself. It may demand more than these.
 */
export const equalitiesOf = (node: ASTNode): ReadonlyMap<string, Equal> => {
  if (node.op === '&&') return new Map([...equalitiesOf(node.args[1]), ...equalitiesOf(node.args[0])]);
  if (node.op !== '==') return new Map();
  const [left, right] = node.args;
  return comparison(left, right) ?? comparison(right, left) ?? new Map();
};

const comparison = (side: ASTNode, other: ASTNode): ReadonlyMap<string, Equal> | undefined => {
  const tag = tagOf(side);
  const name = tag === undefined ? attributeOf(side) : `tags.${tag}`;
  const value = literalOf(other);
  return name === undefined || value === undefined ? undefined : new Map([[name, value]]);
};

/** CEL's whole numbers are bigints. */
const literalOf = (node: ASTNode): Equal | undefined => {
  if (node.op !== 'value') return undefined;
  if (typeof node.args === 'string') return node.args;
  return typeof node.args === 'bigint' && Number.isSafeInteger(Number(node.args)) ? Number(node.args) : undefined;
};
