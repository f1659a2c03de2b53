import type { CompiledWhere, CompileWhere } from '@vfleet/pci';
import { equalitiesOf } from './equalities.js';
import { DeviceFacts } from './device-facts.js';
import { checking } from './environments.js';
import { inspect } from './inspect.js';
import { rememberingLast } from './least-recent.js';
import { askQuietly, questionOf } from './question.js';
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
    const { faults, reads, steps } = inspect(parsed.ast);
    const [first] = faults.toSorted((a, b) => a.at - b.at);
    if (first) return { fault: located(first.at, first.message) };
    const { valid, type, error } = parsed.check();
    if (!valid) return { fault: spoken(error) };
    if (type !== 'bool' && type !== 'dyn') return { fault: `gives ${type}, and must give true or false` };
    const question = questionOf(parsed.ast);
    return { test: (device) => askQuietly(question, new DeviceFacts(device)), reads: [...reads].toSorted(), steps, equals: equalitiesOf(parsed.ast) };
  } catch (error) {
    return { fault: spoken(error) };
  }
});

const located = (at: number, message: string): string => `at character ${at + 1}: ${message}`;

/** What the language says about a text, as one sentence without its picture of the place. */
const spoken = (error: unknown): string => {
  const { summary, range } = error as { readonly summary?: string; readonly range?: { readonly start: number } };
  const message = summary === undefined ? 'cannot be understood' : summary.charAt(0).toLowerCase() + summary.slice(1).replaceAll('EOF', 'the end');
  return range === undefined ? message : located(range.start, message);
};
