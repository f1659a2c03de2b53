import type { ASTNode } from '@marcbachmann/cel-js';
import { LOOPS, NULLABLE } from './vocabulary.js';

/** `device.x` and `device["x"]`: x; undefined for anything else. */
export const attributeOf = (node: ASTNode): string | undefined => {
  if (node.op !== '.' && node.op !== '[]') return undefined;
  const [left] = node.args;
  return left.op === 'id' && left.args === 'device' ? keyOf(node) : undefined;
};

/** `device.tags.x` and `device.tags["x"]`: x; undefined for anything else. */
export const tagOf = (node: ASTNode): string | undefined => {
  if (node.op !== '.' && node.op !== '[]') return undefined;
  return attributeOf(node.args[0]) === 'tags' ? keyOf(node) : undefined;
};

const keyOf = (node: ASTNode & { op: '.' | '[]' }): string | undefined => {
  const [, key] = node.args;
  return typeof key === 'string' ? key : literalText(key);
};

/** The text of a literal, or undefined. */
export const literalText = (node: ASTNode | undefined): string | undefined =>
  node?.op === 'value' && typeof node.args === 'string' ? node.args : undefined;

export const isNull = (node: ASTNode | undefined): boolean => node?.op === 'value' && node.args === null;

/** An attribute that says "there is none" by null. */
export const isNullable = (node: ASTNode): boolean => NULLABLE.has(attributeOf(node) ?? '');

export const isLoop = (node: ASTNode & { op: 'rcall' }): boolean => LOOPS.includes(node.args[0]);
