import type { ASTNode } from '@marcbachmann/cel-js';
import type { CompiledWhere, CompileWhere, Predicate } from '@vfleet/pci';
import { DeviceFacts } from './device-facts.js';
import { checking, IS_KNOWN, LINEAR_MATCHES, running } from './environments.js';
import { inspect, type Inspection } from './inspect.js';
import { rememberingLast } from './least-recent.js';
import { MAX_LENGTH } from './vocabulary.js';

/** Expressions that are kept compiled, those that were refused included. */
const KEPT = 256;

/** Checks and compiles a `where`: CEL over `device`, bounded in what one evaluation costs, and blind to the clock. */
export const compileWhere: CompileWhere = (expression) => {
  if (expression.length > MAX_LENGTH) return { fault: `has more than ${MAX_LENGTH} characters` };
  return compiled(expression);
};

const compiled = rememberingLast(KEPT, (expression): CompiledWhere => {
  try {
    const parsed = checking.parse(expression);
    const inspection = inspect(parsed.ast);
    const [first] = inspection.faults.toSorted((a, b) => a.at - b.at);
    if (first) return { fault: located(first.at, first.message) };
    const { valid, type, error } = parsed.check();
    if (!valid) return { fault: spoken(error) };
    if (type !== 'bool' && type !== 'dyn') return { fault: `gives ${type}, and must give true or false` };
    return runnable(expression, inspection);
  } catch (error) {
    return { fault: spoken(error) };
  }
});

const runnable = (expression: string, { reads, nullChecks }: Inspection): CompiledWhere => {
  const parsed = running.parse(nullChecks.reduce(askForNull, expression));
  replaceMatches(parsed.ast);
  const { valid, error } = parsed.check();
  if (!valid) return { fault: spoken(error) };
  const test: Predicate = (device) => {
    try {
      return parsed({ device: new DeviceFacts(device) }) === true;
    } catch {
      return false;
    }
  };
  return { test, reads: [...reads].toSorted() };
};

/** An attribute that may be null is always there: `has` asks whether it is known. */
const askForNull = (text: string, at: number): string => text.slice(0, at) + IS_KNOWN + text.slice(at + IS_KNOWN.length);

/** CEL's own `matches` back-tracks, which a pattern can make it do for ever. */
const replaceMatches = (node: ASTNode): void => {
  if (node.op === 'rcall' && node.args[0] === 'matches') node.args[0] = LINEAR_MATCHES;
  for (const child of childrenOf(node)) replaceMatches(child);
};

const childrenOf = ({ args }: ASTNode): readonly ASTNode[] => ([args] as unknown[]).flat(2).filter(isNode);
const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value;

const located = (at: number, message: string): string => `at character ${at + 1}: ${message}`;

/** What the language says about a text, as one sentence without its picture of the place. */
const spoken = (error: unknown): string => {
  const { summary, range } = error as { readonly summary?: string; readonly range?: { readonly start: number } };
  const message = summary === undefined ? 'cannot be understood' : summary.charAt(0).toLowerCase() + summary.slice(1).replaceAll('EOF', 'the end');
  return range === undefined ? message : located(range.start, message);
};
