import type { ASTNode } from '@marcbachmann/cel-js';
import { didYouMean } from './nearest.js';
import { patternFault } from './linear-pattern.js';
import { attributeOf, isNull, isNullable, literalText, tagOf } from './syntax.js';
import * as words from './vocabulary.js';

/** A fault, and where in the text it starts (from 0). */
export interface Located {
  readonly at: number;
  readonly message: string;
}

/** What is wrong with an expression, and the attributes that it reads. */
export interface Inspection {
  readonly faults: Located[];
  readonly reads: Set<string>;
}

interface Scope {
  readonly names: ReadonlySet<string>;
  readonly inLoop: boolean;
}

/** Walks the whole expression: names, calls, loops and the steps that it may take. */
export const inspect = (root: ASTNode): Inspection => {
  const found: Inspection = { faults: [], reads: new Set() };
  const steps = walk(root, { names: new Set(), inLoop: false }, found);
  if (steps > words.MAX_STEPS) refuse(found, root, `takes ${steps} steps on one device and may take ${words.MAX_STEPS}`);
  return found;
};

const refuse = (found: Inspection, { pos: at }: ASTNode, message: string): number => {
  found.faults.push({ at, message });
  return 1;
};

const walkAll = (nodes: readonly ASTNode[], scope: Scope, found: Inspection): number =>
  nodes.reduce((steps, node) => steps + walk(node, scope, found), 1);

/** The steps that the evaluation of a node takes. */
const walk = (node: ASTNode, scope: Scope, found: Inspection): number => {
  switch (node.op) {
    case 'value':
      return isPlain(node.args) ? 1 : refuse(found, node, 'a literal is text, a number, true, false or null');
    case 'id':
      return identifier(node, node.args, scope, found);
    case '.':
    case '[]':
      return access(node, scope, found);
    case 'call':
      return call(node, node.args, scope, found);
    case 'rcall':
      return method(node, node.args, scope, found);
    case 'map':
      return walkAll(node.args.flat(), scope, found);
    case '!_':
    case '-_':
      return 1 + walk(node.args, scope, found);
    case '==':
    case '!=':
      return comparison(node, node.args, scope, found);
    case '+':
      if (scope.inLoop) return refuse(found, node, '+ may not stand in a loop');
      return failing(scope) + walkAll(node.args, scope, found);
    case 'in':
      return membership(node.args, scope, found);
    case '-':
    case '*':
    case '/':
    case '%':
      return failing(scope) + walkAll(node.args, scope, found);
    case '.?':
    case '[?]':
      return refuse(found, node, 'optional access is not understood');
    default:
      return walkAll(node.args, scope, found);
  }
};

/** What may fail costs more; in a loop it is counted as often as the loop goes round already. */
const failing = ({ inLoop }: Scope): number => (inLoop ? 0 : words.FAILING_STEPS);

const isPlain = (value: unknown): boolean => value === null || typeof value !== 'object';

const identifier = (node: ASTNode, name: string, scope: Scope, found: Inspection): number => {
  if (scope.names.has(name)) return 1;
  if (name === 'device') return refuse(found, node, 'device must be followed by one of its attributes');
  const near = words.WHERE_ATTRIBUTES.includes(name) ? `; did you mean device.${name}?` : didYouMean(name, ['device']);
  return refuse(found, node, `${name} is no known name${near}`);
};

const access = (node: ASTNode & { op: '.' | '[]' }, scope: Scope, found: Inspection): number => {
  const [left, right] = node.args;
  const name = attributeOf(node);
  if (name !== undefined) return attribute(node, name, found);
  const tag = tagOf(node);
  if (tag !== undefined) {
    found.reads.add(`tags.${tag}`);
    return 3;
  }
  if (typeof right === 'string') return 1 + walk(left, scope, found);
  return failing(scope) + walkAll([left, right], scope, found);
};

const attribute = (node: ASTNode, name: string, found: Inspection): number => {
  if (!Object.hasOwn(words.DEVICE_FIELDS, name))
    return refuse(found, node, `device has no attribute ${name}${didYouMean(name, words.WHERE_ATTRIBUTES, 'device.')}`);
  found.reads.add(name);
  return 2;
};

/** `"zone" in device.tags` reads one tag. */
const membership = ([left, right]: [ASTNode, ASTNode], scope: Scope, found: Inspection): number => {
  const key = literalText(left);
  if (key === undefined || attributeOf(right) !== 'tags') return walkAll([left, right], scope, found);
  found.reads.add(`tags.${key}`);
  return 4;
};

const comparison = (node: ASTNode, sides: [ASTNode, ASTNode], scope: Scope, found: Inspection): number => {
  const other = sides.find((side, index) => isNull(sides[1 - index]) && !isNull(side));
  if (other && !isNullable(other))
    return refuse(found, node, `only ${[...words.NULLABLE].join(' and ')} may be null; write has(…) to ask whether a device has another attribute`);
  return walkAll(sides, scope, found);
};

const call = (node: ASTNode, [name, given]: [string, ASTNode[]], scope: Scope, found: Inspection): number => {
  if (!words.FUNCTIONS.includes(name)) return refuse(found, node, `${name}() is no known function${didYouMean(name, words.FUNCTIONS)}`);
  const [asked] = given;
  if (name === 'has' && asked) return has(node, asked, scope, found);
  return (name === 'size' ? 0 : failing(scope)) + walkAll(given, scope, found);
};

const has = (node: ASTNode, asked: ASTNode, scope: Scope, found: Inspection): number => {
  if (asked.op !== '.') return refuse(found, node, 'has() takes an attribute, as in has(device.driver); for a tag write "zone" in device.tags');
  const [, field] = asked.args;
  const isField = Object.hasOwn(words.NET_FIELDS, field) || Object.hasOwn(words.HOST_USE_FIELDS, field);
  if (attributeOf(asked) === undefined && tagOf(asked) === undefined && !isField) return refuse(found, asked, `no such field: ${field}`);
  return 1 + walk(asked, scope, found);
};

const method = (node: ASTNode, [name, receiver, given]: [string, ASTNode, ASTNode[]], scope: Scope, found: Inspection): number => {
  if (words.LOOPS.includes(name)) return loop(node, name, receiver, given, scope, found);
  const known = [...words.METHODS, ...words.LOOPS];
  if (!words.METHODS.includes(name)) {
    const near = words.FUNCTIONS.includes(name) ? `; write ${name}(…)` : didYouMean(name, known);
    return refuse(found, node, `.${name}() is no known method${near}`);
  }
  if (name === 'matches') {
    const pattern = literalText(given[0]);
    if (pattern === undefined) return refuse(found, node, 'matches() takes a pattern that is written out');
    const fault = patternFault(pattern);
    if (fault !== undefined) return refuse(found, node, `the pattern of matches() ${fault}`);
  }
  return (words.FAILING_METHODS.includes(name) ? failing(scope) : 0) + walkAll([receiver, ...given], scope, found);
};

/** A loop runs over something whose size is known beforehand, and never within another. */
const loop = (node: ASTNode, name: string, over: ASTNode, given: readonly ASTNode[], scope: Scope, found: Inspection): number => {
  const [variable, ...body] = given;
  if (scope.inLoop) return refuse(found, node, 'a loop may not stand in another loop');
  if (variable?.op !== 'id' || body.length === 0) return refuse(found, node, `${name}() takes a variable and an expression, as in ${name}(x, …)`);
  if (variable.args === 'device') return refuse(found, variable, 'device is taken; give the variable of the loop another name');
  const rounds = roundsOver(over);
  if (rounds === undefined) return refuse(found, over, `${name}() runs over an attribute or over a list that is written out`);
  const inside: Scope = { names: new Set([...scope.names, variable.args]), inLoop: true };
  return walk(over, scope, found) + rounds * walkAll(body, inside, found);
};

const roundsOver = (over: ASTNode): number | undefined => {
  if (over.op === 'list') return over.args.length;
  if (attributeOf(over) !== undefined) return words.EXPECTED_ELEMENTS;
  if (over.op === 'rcall' && (over.args[0] === 'filter' || over.args[0] === 'map')) return roundsOver(over.args[1]);
  return undefined;
};
