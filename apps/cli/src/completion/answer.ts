import type { Command } from 'commander';
import type { Addressed } from '../config.js';
import type { Terminal } from '../terminal.js';
import { complete } from './complete.js';
import { lookupAt } from './lookup.js';

/** Answers a completion script: a candidate a line. Whatever goes wrong, nothing is offered. */
export const answerCompletion = async (program: Command, words: readonly string[], { environment, out }: Terminal): Promise<void> => {
  try {
    const found = await complete(program, words, lookupAt(addressedBy(words), environment));
    out(found.map((one) => `${one}\n`).join(''));
  } catch {
    // A shell that asks what could follow is not to be told what is wrong.
  }
};

/** What the words before the cursor say of the server. */
const addressedBy = (words: readonly string[]): Addressed => {
  const after = (...flags: readonly string[]): string | undefined => {
    const index = words.findIndex((word) => flags.includes(word));
    return index < 0 ? undefined : words[index + 1];
  };
  const [server, context] = [after('-s', '--server'), after('-c', '--context')];
  return { ...(server !== undefined && { server }), ...(context !== undefined && { context }) };
};
