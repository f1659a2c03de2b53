import type { ASTNode } from '@marcbachmann/cel-js';
import type { Attributes } from '@vfleet/pci';
import { attributeOf, isLoop, isNullable, tagOf } from './syntax.js';

/** What a device must have for an expression not to fail on it. */
export interface Needs {
  readonly attributes: readonly string[];
  readonly tags: readonly string[];
}

/**
 * What is read whatever happens. A device without it is ruled out by a look, where an evaluation would make an error
 * with all that belongs to one: dozens of times dearer.
 */
export const needsOf = (node: ASTNode): Needs => {
  const attributes = new Set<string>();
  const tags = new Set<string>();
  const visit = (one: ASTNode, withNull: boolean): void => {
    const attribute = attributeOf(one);
    const tag = tagOf(one);
    if (tag !== undefined) tags.add(tag);
    else if (attribute === undefined) for (const child of always(one)) visit(child, !COUNTING.has(one.op));
    else if (!withNull || !isNullable(one)) attributes.add(attribute);
  };
  visit(node, true);
  return { attributes: [...attributes], tags: [...tags] };
};

export const hasNeeds = (device: Attributes, { attributes, tags }: Needs): boolean => {
  for (const name of attributes) if (device[name] === undefined || device[name] === null) return false;
  for (const key of tags) if (!device.tags || !Object.hasOwn(device.tags, key)) return false;
  return true;
};

/** Operators that fail on null. */
const COUNTING: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', '+', '-', '*', '/', '%', '-_']);

/** The parts of an expression that are evaluated whatever the others give. */
const always = (node: ASTNode): readonly ASTNode[] => {
  switch (node.op) {
    case 'value':
    case 'id':
    case '&&':
    case '||':
      return [];
    case '?:':
      return [node.args[0]];
    case '!_':
    case '-_':
      return [node.args];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[0] === 'has' ? [] : node.args[1];
    case 'rcall':
      return isLoop(node) ? [node.args[1]] : [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    default:
      return node.args;
  }
};
