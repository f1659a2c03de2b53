import type { Argument, Command, Option } from 'commander';

/** Finds what stands in a running system: `hostId`, `device`… with what is typed of it. */
export type Lookup = (what: string, typed: string) => Promise<readonly string[]>;

/** Where the cursor stands: in which command, and after which words of its own. */
interface Place {
  readonly command: Command;
  readonly arguments: number;
  /** The option whose value is being typed. */
  readonly option?: Option;
}

/** What could stand in place of the last word. */
export const complete = async (program: Command, words: readonly string[], lookup: Lookup): Promise<readonly string[]> => {
  const typed = words.at(-1) ?? '';
  const place = placeAfter(program, words.slice(0, -1));
  const found = await candidates(place, typed, lookup);
  return [...new Set(found)].filter((one) => one.startsWith(typed) && IS_HARMLESS.test(one)).sort();
};

/** What a shell puts into the line as it is: nothing that it would expand, split or run. */
const IS_HARMLESS = /^[\w@%+=:,./-]+$/;

const placeAfter = (program: Command, words: readonly string[]): Place => {
  let place: Place = { command: program, arguments: 0 };
  for (const word of words) {
    const { command } = place;
    if (place.option) {
      place = { command, arguments: place.arguments };
      continue;
    }
    const option = word.startsWith('-') ? optionsOf(command).find(({ short, long }) => short === word || long === word) : undefined;
    const child = command.commands.find((one) => one.name() === word);
    if (option?.required) place = { ...place, option };
    else if (child) place = { command: child, arguments: 0 };
    else if (!word.startsWith('-')) place = { ...place, arguments: place.arguments + 1 };
  }
  return place;
};

/** Its own options, and those of the commands above it. */
const optionsOf = (command: Command): readonly Option[] =>
  [...command.options, ...(command.parent ? optionsOf(command.parent) : [])].filter(({ hidden }) => !hidden);

const candidates = async (place: Place, typed: string, lookup: Lookup): Promise<readonly string[]> => {
  const { command, option } = place;
  if (option) return option.argChoices ?? lookup(valueOf(option), typed);
  if (typed.startsWith('-')) return [...optionsOf(command).flatMap(({ long }) => long ?? []), '--help'];
  const names = place.arguments === 0 ? command.commands.map((child) => child.name()) : [];
  const argument = argumentAt(command, place.arguments);
  return argument ? [...names, ...(argument.argChoices ?? (await lookup(kindOf(command, argument), typed)))] : names;
};

const argumentAt = ({ registeredArguments: known }: Command, index: number): Argument | undefined => {
  const last = known.at(-1);
  return known[index] ?? (last?.variadic ? last : undefined);
};

/** `hostId` of `--host <hostId>`; the name of a context is no other name. */
const valueOf = (option: Option): string => (option.long === '--context' ? 'context' : (/<([^>]+)>/.exec(option.flags)?.[1] ?? ''));

/** A name is of what its noun keeps. */
const kindOf = (command: Command, argument: Argument): string => {
  const name = argument.name();
  return ['name', 'model', 'id'].includes(name) ? (command.parent?.name() ?? name) : name;
};
