import type { ASTNode } from '@marcbachmann/cel-js';
import { attributeOf, isLoop, tagOf } from './syntax.js';
import { EXPECTED_ELEMENTS, FAILING_METHODS, FAILING_STEPS } from './vocabulary.js';

/**
 * The steps that an evaluation takes on one device, at most and about: a node is a step, a loop takes its body as often
 * as it goes round, and what may fail takes as long as its error. And, or, not and choices at the top are answered by
 * `questionOf`, and what a part below them needs is looked for beforehand (`needs.ts`): so far, nothing fails.
 */
export const stepsOf = (node: ASTNode): number => {
  switch (node.op) {
    case '&&':
    case '||':
    case '?:':
      return sum(node.args, stepsOf);
    case '!_':
      return 1 + stepsOf(node.args);
    default:
      return count(node, 0, FAILING_STEPS);
  }
};

const sum = (nodes: readonly ASTNode[], of: (node: ASTNode) => number): number => nodes.reduce((steps, node) => steps + of(node), 1);

/** `absent`: what a read of an attribute costs that the device may lack; `failure`: what anything else costs that may fail. */
const count = (node: ASTNode, absent: number, failure: number): number => {
  const again = (one: ASTNode): number => count(one, absent, failure);
  const perhaps = (one: ASTNode): number => count(one, failure, failure);
  if (attributeOf(node) !== undefined) return 2 + absent;
  if (tagOf(node) !== undefined) return 3 + absent;
  switch (node.op) {
    case 'value':
    case 'id':
      return 1;
    case '.':
    case '.?':
      return 1 + again(node.args[0]);
    case '!_':
    case '-_':
      return 1 + again(node.args);
    case '&&':
    case '||':
      return sum(node.args, perhaps);
    case '?:':
      return again(node.args[0]) + sum(node.args.slice(1), perhaps);
    case '[]':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return failure + sum(node.args, again);
    case 'call':
      return (node.args[0] === 'has' || node.args[0] === 'size' ? 0 : failure) + sum(node.args[1], again);
    case 'rcall':
      if (isLoop(node)) return loop(node.args[1], node.args[2].slice(1), again, failure);
      return (FAILING_METHODS.includes(node.args[0]) ? failure : 0) + sum([node.args[1], ...node.args[2]], again);
    case 'map':
      return sum(node.args.flat(), again);
    default:
      return sum(node.args, again);
  }
};

/** A device has few interfaces, or one: in a loop over an attribute the rounds that are counted too many make up for errors. */
const loop = (over: ASTNode, body: readonly ASTNode[], again: (node: ASTNode) => number, failure: number): number => {
  const written = writtenRounds(over);
  const inside = written === undefined ? 0 : failure;
  return again(over) + (written ?? EXPECTED_ELEMENTS) * sum(body, (one) => count(one, inside, inside));
};

/** Elements of the list that a loop runs over, where it is written out. */
const writtenRounds = (over: ASTNode): number | undefined => {
  if (over.op === 'list') return over.args.length;
  return over.op === 'rcall' ? writtenRounds(over.args[1]) : undefined;
};
