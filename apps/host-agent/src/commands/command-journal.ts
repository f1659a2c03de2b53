import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { HostdevCommand, HOSTDEV_VERBS, validate } from '@vfleet/contracts';
import type { CommandOutcome, TakenCommand } from '../domain/hostdev-command.js';
import { append, appendDurably, replaceFile } from '../durable-file.js';

/** Every command that was accepted, on the disk before it is acted upon, and what became of it. */
export interface CommandJournal {
  /** In the order of their acceptance. */
  readonly commands: readonly TakenCommand[];
  get(commandId: string): TakenCommand | undefined;
  /** @throws the file system's error; the command has then not been accepted. */
  accept(command: TakenCommand): void;
  finish(commandId: string, outcome: CommandOutcome): void;
  /** The bus has what became of it. */
  markTold(commandId: string): void;
}

/** How long and how many finished commands are remembered, for askers who missed the outcome. */
export const FORGET_AFTER_MS = 24 * 60 * 60 * 1_000;
export const MOST_FINISHED = 10_000;
/** Lines beyond what they say, before the file is written anew. */
const SPARE_LINES = 4_096;

type Line = { readonly accepted: TakenCommand } | { readonly finished: string; readonly outcome: CommandOutcome } | { readonly told: string };

export interface JournalOptions {
  readonly path: string;
  /** Told when what was written cannot be read; the agent goes on without. */
  readonly complain: (error: Error) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** One JSON object a line, appended and synced. Of a line that a crash has torn, nothing had been answered yet. */
export const commandJournal = ({ path, complain, now = Date.now }: JournalOptions): CommandJournal => {
  const commands = new Map<string, TakenCommand>();
  let lines = 0;
  /** Ends a line that a crash has torn, so that the next one stands for itself. */
  let ending = '';

  const apply = (line: Line): void => {
    if ('accepted' in line) return void commands.set(line.accepted.command.commandId, line.accepted);
    const commandId = 'finished' in line ? line.finished : line.told;
    const taken = commands.get(commandId);
    if (taken) commands.set(commandId, 'finished' in line ? { ...taken, outcome: line.outcome, told: false } : { ...taken, told: true });
  };
  const forgetOld = (): void => {
    const finished = [...commands.values()].filter(({ outcome, told }) => outcome && told);
    const tooMany = new Set(finished.slice(0, Math.max(0, finished.length - MOST_FINISHED)));
    const before = now() - FORGET_AFTER_MS;
    for (const taken of finished) if (tooMany.has(taken) || taken.acceptedAt < before) commands.delete(taken.command.commandId);
  };
  const rewrite = (): void => {
    forgetOld();
    replaceFile(path, [...commands.values()].map((accepted) => `${JSON.stringify({ accepted } satisfies Line)}\n`).join(''));
    lines = commands.size;
  };
  const write = (line: Line, add = appendDurably): void => {
    if (!existsSync(path)) mkdirSync(dirname(path), { recursive: true });
    add(path, `${ending}${JSON.stringify(line)}\n`);
    ending = '';
    apply(line);
    lines += 1;
    if (lines > 2 * commands.size + SPARE_LINES) rewrite();
  };

  try {
    const text = readIfThere(path);
    for (const line of text.split('\n').flatMap((line) => parseLine(line) ?? [])) apply(line);
    if (text !== '' && !text.endsWith('\n')) ending = '\n';
    lines = text.split('\n').length;
    forgetOld();
  } catch (error) {
    complain(error as Error);
  }
  return {
    get commands() {
      return [...commands.values()];
    },
    get: (commandId) => commands.get(commandId),
    accept: (accepted) => write({ accepted }),
    finish: (finished, outcome) => write({ finished, outcome }),
    // When that is lost the outcome is told once more.
    markTold: (told) => write({ told }, append),
  };
};

const readIfThere = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};

const parseLine = (text: string): Line | undefined => {
  try {
    const line = JSON.parse(text) as Line;
    if ('told' in line || 'finished' in line) return line;
    const { verb, command, acceptedAt } = line.accepted;
    const isWhole = HOSTDEV_VERBS.includes(verb) && typeof acceptedAt === 'number' && validate(HostdevCommand, command, 'ignore').ok;
    return isWhole ? line : undefined;
  } catch {
    return undefined;
  }
};
