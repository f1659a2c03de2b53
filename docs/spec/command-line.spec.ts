import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { vfleetProgram } from '../../apps/cli/src/program.js';
import { blocksOf } from './blocks.js';
import { allPages, type Page } from './pages.js';

const silent = { out: () => true, note: () => true, paint: undefined as never, environment: {}, stopped: new AbortController().signal };
const program = vfleetProgram(silent);

const isOption = (command: Command, option: string): boolean => {
  for (let one: Command | null = command; one; one = one.parent)
    if (one.options.some(({ short, long }) => option === short || option === long)) return true;
  return ['--help', '-h'].includes(option);
};

/** `pools` alone is `pools ls`: commander knows which, and does not tell in public. */
const withDefault = (command: Command): Command => {
  const { _defaultCommandName: name } = command as { readonly _defaultCommandName?: string | null };
  return command.commands.find((one) => one.name() === name) ?? command;
};

/** Where a command ends: a comment, or what the shell takes for itself. */
const ENDS = /^(?:[#|>&;)]|2>|…)/;

/** What is wrong with `devices ls --host h1`, as far as commands and options go; undefined where nothing is. */
const faultOf = (words: readonly string[]): string | undefined => {
  let command: Command = program;
  for (const word of words) {
    if (ENDS.test(word)) return undefined;
    const [option = ''] = word.split('=');
    if (option.startsWith('-')) {
      if (!isOption(command, option)) command = withDefault(command);
      if (!isOption(command, option)) return `${command.name()} has no ${option}`;
      continue;
    }
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (next === undefined && command.commands.length > 0) return `${command.name()} has no ${word}`;
    command = next ?? command;
  }
  return undefined;
};

const codeSpans = ({ text }: Page): readonly string[] =>
  [...text.replaceAll(/^( *)```[\s\S]*?^\1```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

/** The words after `vfleet` of every line of code that begins with it, or has `npm run -s vfleet --` in it. */
const commandLines = (page: Page): readonly string[] => {
  const lines = [...codeSpans(page), ...blocksOf(page).flatMap(({ text }) => text.split('\n'))];
  return lines.flatMap((line) => {
    const [, words] = /^(?:\$ )?vfleet ([a-z-].*)$/.exec(line) ?? /npm run -s vfleet -- ([^)|]*)/.exec(line) ?? [];
    return words === undefined ? [] : [words.trim()];
  });
};

describe('a command of `vfleet` on a page', () => {
  const lines = allPages()
    .filter(({ path }) => path !== 'CHANGELOG.md')
    .flatMap((page) => commandLines(page).map((line) => ({ page: page.path, line })));

  it('is found in blocks and in the text', () => {
    const text = 'Say `vfleet hosts ls`.\n```sh\nx=$(npm run -s vfleet -- status | head)\n```\n```text\nvfleet vms show vm-1   # a VM\n```\n';
    expect(commandLines({ path: 'a.md', text })).toEqual(['hosts ls', 'status', 'vms show vm-1   # a VM']);
    expect(lines.length).toBeGreaterThan(30);
  });

  it('is there, with its options', () => {
    const faults = lines.map(({ page, line }) => ({ page, line, fault: faultOf(line.split(/\s+/)) }));
    expect(faults.filter(({ fault }) => fault !== undefined)).toEqual([]);
  });

  it.each([
    ['devices lst', 'devices has no lst'],
    ['devices ls --hosts h1', 'ls has no --hosts'],
    ['devices ls --host h1 -o json', undefined],
    ['vm start vm-1 --device 10GE:2 # as --a platform', undefined],
  ])('%s: %s', (line, fault) => {
    expect(faultOf(line.split(' '))).toBe(fault);
  });
});
