import type { ASTNode } from '@marcbachmann/cel-js';
import { DeviceFacts } from './device-facts.js';
import { running } from './environments.js';
import { hasNeeds, needsOf } from './needs.js';
import { written } from './written.js';

/** CEL's three answers: true, false, and undefined where the expression fails on the device. */
export type Question = (device: DeviceFacts) => boolean | undefined;

/** Asks without pictures of the stack: nobody sees these errors, and the picture is most of what an error costs. */
export const askQuietly = (question: Question, device: DeviceFacts): boolean => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return question(device) === true;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
};

/**
 * The question that a checked expression asks. And, or, not and the choice between two are answered here, everything
 * below them by the language: what fails on one side of an `||` then costs no error.
 * @throws what the language says about a part that it does not evaluate after all
 */
export const questionOf = (node: ASTNode): Question => {
  switch (node.op) {
    case '&&':
      return both(questionOf(node.args[0]), questionOf(node.args[1]));
    case '||':
      return not(both(not(questionOf(node.args[0])), not(questionOf(node.args[1]))));
    case '!_':
      return not(questionOf(node.args));
    case '?:':
      return choice(questionOf(node.args[0]), questionOf(node.args[1]), questionOf(node.args[2]));
    default:
      return leaf(node);
  }
};

/** False if either side is, whatever the other gives; that is CEL's way, and no side is the first. */
const both =
  (left: Question, right: Question): Question =>
  (device) => {
    const first = left(device);
    if (first === false) return false;
    const second = right(device);
    return second === false ? false : first && second;
  };

const not =
  (question: Question): Question =>
  (device) => {
    const answer = question(device);
    return answer === undefined ? undefined : !answer;
  };

const choice =
  (condition: Question, yes: Question, no: Question): Question =>
  (device) => {
    const answer = condition(device);
    if (answer === undefined) return undefined;
    return answer ? yes(device) : no(device);
  };

const leaf = (node: ASTNode): Question => {
  const parsed = running.parse(written(node));
  const { valid, error } = parsed.check();
  if (!valid) throw error;
  const needs = needsOf(node);
  return (device) => {
    if (!hasNeeds(device.raw, needs)) return undefined;
    try {
      const answer: unknown = parsed({ device });
      return typeof answer === 'boolean' ? answer : undefined;
    } catch {
      return undefined;
    }
  };
};
