/** A command as somebody types it, over several lines where it has them, and what it prints. */
export interface Command {
  readonly text: string;
  /** Undefined where the page does not show it. */
  readonly prints: string | undefined;
}

const PROMPT = '$ ';
const GOES_ON = '> ';

/**
 * The commands of a `console` block: each begins with `$ `, goes on in lines that begin with `> `, and the lines after it are
 * what it prints. Where a page shows nothing of it, it must print nothing.
 * @throws Error where the first line is no command
 */
export const consoleCommands = (text: string): readonly Command[] => {
  const commands: { text: string; prints: string[] }[] = [];
  for (const line of text.split('\n')) {
    const last = commands.at(-1);
    if (line.startsWith(PROMPT)) commands.push({ text: line.slice(PROMPT.length), prints: [] });
    else if (last === undefined) throw new Error(`a console block begins with a command after "$ ", not with ${JSON.stringify(line)}`);
    else if (line.startsWith(GOES_ON) && last.prints.length === 0) last.text += `\n${line.slice(GOES_ON.length)}`;
    else last.prints.push(line);
  }
  return commands.map(({ text: typed, prints }) => ({ text: typed, prints: prints.join('\n') }));
};

const ANY_LINES = '…';

/** What differs from run to run, and how it looks. Everything else of a page is to be so. */
const DIFFERS: readonly (readonly [RegExp, string])[] = [
  // The position that an event's line begins with.
  [/(?<=^\s*)\d+(?=\s+\d{4}-\d\d-\d\dT)/, String.raw`\d+`],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/, String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`],
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/, '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'],
  [/127\.0\.0\.1:\d+/, String.raw`127\.0\.0\.1:\d+`],
  [/(?<![\w.])\d+(?:\.\d+)? m?s\b/, String.raw`\d+(?:\.\d+)? m?s`],
  [/(?<=position\W{1,4}|sequence\W{1,4})\d+/, String.raw`\d+`],
  [/…/, '.*'],
  [/\s+/, String.raw`\s+`],
];
const ANY_OF_THEM = new RegExp(DIFFERS.map(([{ source }]) => `(${source})`).join('|'), 'g');

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const patternOf = (line: string): string => {
  let pattern = '';
  let at = 0;
  for (const found of line.matchAll(ANY_OF_THEM)) {
    const kind = found.slice(1).findIndex((part) => part !== undefined);
    pattern += escaped(line.slice(at, found.index)) + (DIFFERS[kind]?.[1] ?? '');
    at = found.index + found[0].length;
  }
  return `${pattern}${escaped(line.slice(at))}\\s*?\n`;
};

/**
 * Whether a command has printed what a page shows: line by line, but for times, ids of reservations and moves, local ports,
 * durations, positions of the journal and the width of columns. `…` in a line stands for anything in it, a line of `…` for
 * any number of lines.
 */
export const prints = (printed: string, shown: string): boolean => {
  const lines = shown === '' ? [] : shown.split('\n');
  const pattern = lines.map((line) => (line.trim() === ANY_LINES ? '(?:.*\n)*?' : patternOf(line))).join('');
  return new RegExp(`^${pattern}$`).test(printed === '' || printed.endsWith('\n') ? printed : `${printed}\n`);
};

/** Whether a command only looks, so that it may be given again: the command line's `ls`, `show`, `tree`, `status` and `events`. */
export const onlyLooks = (command: string): boolean => /^npm run -s vfleet -- (?:[a-z]+ (?:ls|show|tree)|status|events)\b/.test(command);
