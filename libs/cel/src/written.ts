import type { ASTNode } from '@marcbachmann/cel-js';
import { isNullable } from './syntax.js';

/** Names that stand for CEL's own, which cannot be registered twice. No expression can call them by itself. */
export const LINEAR_MATCHES = 'matchesInLinearTime';
export const IS_KNOWN = 'isKnown';

/** A part of an expression as text again, all brackets written out, in the words that are evaluated. */
export const written = (node: ASTNode): string => {
  switch (node.op) {
    case 'value':
      return literal(node.args);
    case 'id':
      return node.args;
    case '!_':
    case '-_':
      return `${node.op[0]}(${written(node.args)})`;
    case '.':
    case '.?':
      return `${written(node.args[0])}.${node.args[1]}`;
    case '[]':
    case '[?]':
      return `${written(node.args[0])}[${written(node.args[1])}]`;
    case 'call':
      return called(node.args);
    case 'rcall':
      return `${written(node.args[1])}.${node.args[0] === 'matches' ? LINEAR_MATCHES : node.args[0]}(${all(node.args[2])})`;
    case 'list':
      return `[${all(node.args)}]`;
    case 'map':
      return `{${node.args.map(([key, value]) => `${written(key)}: ${written(value)}`).join(', ')}}`;
    case '?:':
      return `(${written(node.args[0])} ? ${written(node.args[1])} : ${written(node.args[2])})`;
    default:
      return `(${written(node.args[0])} ${node.op} ${written(node.args[1])})`;
  }
};

const all = (nodes: readonly ASTNode[]): string => nodes.map(written).join(', ');

const literal = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isInteger(value)) return /[.e]/.test(`${value}`) ? `${value}` : `${value}.0`;
  return String(value);
};

/** An attribute that may be null is always there: `has` asks whether it is known. */
const called = ([name, given]: [string, ASTNode[]]): string => {
  const [asked] = given;
  return `${name === 'has' && asked && isNullable(asked) ? IS_KNOWN : name}(${all(given)})`;
};
