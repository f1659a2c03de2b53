import type { Argument, Command, Option } from 'commander';
import { EXIT_MEANINGS } from './exit-codes.js';
import { vfleetProgram } from './program.js';
import { NO_PAINT } from './render/paint.js';
import { verbOf, type Verb } from './verb.js';

/** One command as the page of the reference, and specs, know it. */
export interface CommandEntry extends Pick<Verb, 'tells' | 'asks' | 'examples'> {
  /** `vfleet devices ls`. */
  readonly path: string;
  readonly isDefault: boolean;
  readonly arguments: readonly Described[];
  readonly options: readonly Described[];
}
interface Described {
  readonly term: string;
  readonly text: string;
}

export interface CommandReference {
  readonly nouns: readonly { readonly path: string; readonly text: string; readonly commands: readonly CommandEntry[] }[];
  readonly common: readonly Described[];
  readonly exitCodes: typeof EXIT_MEANINGS;
}

/** Everything that the command line can do, read off the commands themselves. */
export const commandReference = (): CommandReference => {
  const program = vfleetProgram({
    out: () => undefined,
    note: () => undefined,
    paint: NO_PAINT,
    environment: {},
    stopped: new AbortController().signal,
  });
  const nouns = program.commands.map((command) => ({
    path: `vfleet ${command.name()}`,
    text: command.description(),
    commands: commandsOf(command, 'vfleet'),
  }));
  return { nouns, common: program.options.map(option), exitCodes: EXIT_MEANINGS };
};

const commandsOf = (command: Command, above: string): readonly CommandEntry[] => {
  const path = `${above} ${command.name()}`;
  const verb = verbOf(command);
  const own = verb
    ? [
        {
          path,
          ...verb,
          isDefault: verb.isDefault ?? false,
          arguments: command.registeredArguments.map(argument),
          options: command.options.map(option),
        },
      ]
    : [];
  return [...own, ...command.commands.flatMap((child) => commandsOf(child, path))];
};

const argument = (one: Argument): Described => {
  const name = `${one.name()}${one.variadic ? '…' : ''}`;
  return { term: one.required ? `<${name}>` : `[${name}]`, text: withChoices(one.description, one.argChoices) };
};

const option = ({ flags, description, argChoices, defaultValue, mandatory }: Option): Described => {
  const usual = defaultValue === undefined || typeof defaultValue === 'boolean' ? '' : ` (default ${JSON.stringify(defaultValue)})`;
  return { term: flags, text: `${withChoices(description, argChoices)}${usual}${mandatory ? ' (must be said)' : ''}` };
};

const withChoices = (text: string, choices: readonly string[] | undefined): string => (choices ? `${text}: ${choices.join(', ')}` : text);
