import type { Command } from 'commander';
import type { ApiName } from '@vfleet/contracts';

/** What a command is and does, for its help, the reference page, and the spec that no request is without a command. */
export interface Verb {
  readonly name: string;
  readonly tells: string;
  /** The requests that it sends. */
  readonly asks?: readonly ApiName[];
  readonly examples?: readonly string[];
  /** Meant where the noun stands alone. */
  readonly isDefault?: boolean;
}

const VERBS = new WeakMap<Command, Verb>();

export const addVerb = (noun: Command, verb: Verb): Command => {
  const { name, tells, examples = [], isDefault = false } = verb;
  const command = noun.command(name, { isDefault }).description(tells);
  VERBS.set(command, verb);
  if (examples.length > 0) command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`);
  return command;
};

/** Undefined for a noun, and for what only completion calls. */
export const verbOf = (command: Command): Verb | undefined => VERBS.get(command);
