import type { ASTNode } from '@marcbachmann/cel-js';
import { didYouMean } from './nearest.js';
import { patternFault } from './linear-pattern.js';
import { stepsOf } from './steps.js';
import { attributeOf, isLoop, isNull, isNullable, literalText, tagOf } from './syntax.js';
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
  /** What one evaluation takes at most. */
  readonly steps: number;
}

interface Scope {
  readonly names: ReadonlySet<string>;
  readonly inLoop: boolean;
}

/** Walks the whole expression for its names, calls and loops, and counts its steps. */
export const inspect = (root: ASTNode): Inspection => {
  const steps = stepsOf(root);
  const found: Inspection = { faults: [], reads: new Set(), steps };
  walk(root, { names: new Set(), inLoop: false }, found);
  if (found.faults.length === 0 && steps > words.MAX_STEPS) refuse(found, root, `takes ${steps} steps on one device and may take ${words.MAX_STEPS}`);
  return found;
};

const refuse = (found: Inspection, { pos: at }: ASTNode, message: string): void => {
  found.faults.push({ at, message });
};

const walk = (node: ASTNode, scope: Scope, found: Inspection): void => {
  const walkAll = (nodes: readonly ASTNode[]): void => {
    for (const one of nodes) walk(one, scope, found);
  };
  switch (node.op) {
    case 'value':
      if (typeof node.args === 'object' && node.args !== null) refuse(found, node, 'a literal is text, a number, true, false or null');
      return;
    case 'id':
      return identifier(node, node.args, scope, found);
    case '.':
    case '[]':
      return access(node, walkAll, found);
    case 'call':
      return call(node, walkAll, found);
    case 'rcall':
      return isLoop(node) ? loop(node, scope, found) : method(node, walkAll, found);
    case 'map':
      return walkAll(node.args.flat());
    case '!_':
    case '-_':
      return walk(node.args, scope, found);
    case '==':
    case '!=':
      nullComparison(node, found);
      return walkAll(node.args);
    case '+':
      if (scope.inLoop) refuse(found, node, '+ may not stand in a loop');
      return walkAll(node.args);
    case 'in':
      return membership(node, walkAll, found);
    case '.?':
    case '[?]':
      return refuse(found, node, 'optional access is not understood');
    default:
      return walkAll(node.args);
  }
};

type WalkAll = (nodes: readonly ASTNode[]) => void;

const identifier = (node: ASTNode, name: string, scope: Scope, found: Inspection): void => {
  if (scope.names.has(name)) return;
  if (name === 'device') return refuse(found, node, 'device must be followed by one of its attributes');
  const near = words.WHERE_ATTRIBUTES.includes(name) ? `; did you mean device.${name}?` : didYouMean(name, ['device']);
  refuse(found, node, `${name} is no known name${near}`);
};

const access = (node: ASTNode & { op: '.' | '[]' }, walkAll: WalkAll, found: Inspection): void => {
  const name = attributeOf(node);
  const tag = tagOf(node);
  if (tag !== undefined) found.reads.add(`tags.${tag}`);
  else if (name === undefined) walkAll(node.args.flatMap((one) => (typeof one === 'string' ? [] : [one])));
  else if (Object.hasOwn(words.DEVICE_FIELDS, name)) found.reads.add(name);
  else refuse(found, node, `device has no attribute ${name}${didYouMean(name, words.WHERE_ATTRIBUTES, 'device.')}`);
};

/** `"zone" in device.tags` reads one tag. */
const membership = ({ args: [left, right] }: ASTNode & { op: 'in' }, walkAll: WalkAll, found: Inspection): void => {
  const key = literalText(left);
  if (key === undefined || attributeOf(right) !== 'tags') walkAll([left, right]);
  else found.reads.add(`tags.${key}`);
};

const nullComparison = (node: ASTNode & { op: '==' | '!=' }, found: Inspection): void => {
  const other = node.args.find((side, index) => isNull(node.args[1 - index]) && !isNull(side));
  if (other && !isNullable(other))
    refuse(found, node, `only ${[...words.NULLABLE].join(' and ')} may be null; write has(…) to ask whether a device has another attribute`);
};

const call = (node: ASTNode & { op: 'call' }, walkAll: WalkAll, found: Inspection): void => {
  const [name, given] = node.args;
  if (!words.FUNCTIONS.includes(name)) return refuse(found, node, `${name}() is no known function${didYouMean(name, words.FUNCTIONS)}`);
  const [asked] = given;
  if (name === 'has' && asked) hasFault(node, asked, found);
  walkAll(given);
};

const hasFault = (node: ASTNode, asked: ASTNode, found: Inspection): void => {
  if (asked.op !== '.') return refuse(found, node, 'has() takes an attribute, as in has(device.driver); for a tag write "zone" in device.tags');
  const [, field] = asked.args;
  const isField = Object.hasOwn(words.NET_FIELDS, field) || Object.hasOwn(words.HOST_USE_FIELDS, field);
  if (attributeOf(asked) === undefined && tagOf(asked) === undefined && !isField) refuse(found, asked, `no such field: ${field}`);
};

const method = (node: ASTNode & { op: 'rcall' }, walkAll: WalkAll, found: Inspection): void => {
  const [name, receiver, given] = node.args;
  if (!words.METHODS.includes(name)) {
    const near = words.FUNCTIONS.includes(name) ? `; write ${name}(…)` : didYouMean(name, [...words.METHODS, ...words.LOOPS]);
    return refuse(found, node, `.${name}() is no known method${near}`);
  }
  if (name === 'matches') {
    const pattern = literalText(given[0]);
    const fault = pattern !== undefined && patternFault(pattern);
    if (pattern === undefined) refuse(found, node, 'matches() takes a pattern that is written out');
    else if (fault) refuse(found, node, `the pattern of matches() ${fault}`);
  }
  walkAll([receiver, ...given]);
};

/** A loop runs over something whose size is known beforehand, and never within another. */
const loop = (node: ASTNode & { op: 'rcall' }, scope: Scope, found: Inspection): void => {
  const [name, over, [variable, ...body]] = node.args;
  if (scope.inLoop) return refuse(found, node, 'a loop may not stand in another loop');
  if (variable?.op !== 'id' || body.length === 0) return refuse(found, node, `${name}() takes a variable and an expression, as in ${name}(x, …)`);
  if (variable.args === 'device') return refuse(found, variable, 'device is taken; give the variable of the loop another name');
  if (!isBounded(over)) return refuse(found, over, `${name}() runs over an attribute or over a list that is written out`);
  walk(over, scope, found);
  const inside: Scope = { names: new Set([...scope.names, variable.args]), inLoop: true };
  for (const one of body) walk(one, inside, found);
};

const isBounded = (over: ASTNode): boolean => {
  if (over.op === 'rcall') return (over.args[0] === 'filter' || over.args[0] === 'map') && isBounded(over.args[1]);
  return over.op === 'list' || attributeOf(over) !== undefined;
};
