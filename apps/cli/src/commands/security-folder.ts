import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { isToken } from '@vfleet/pci';
import { UsageError } from '../exit-codes.js';
import type { CommonOptions } from '../options.js';
import { render, type View } from '../render/format.js';
import type { Terminal } from '../terminal.js';

export interface FolderOptions extends CommonOptions {
  readonly folder: string;
  readonly reload?: string;
}

const READS = ['reads its configuration again', 'has read its configuration again twice'];
/** Two signals at once are one. */
const BETWEEN_RELOADS_MS = 1_000;

const DEFAULT_FOLDER = 'vfleet-bus';

/** Loaded where it is needed: what makes certificates would slow every other command down. */
export const keeper = (): Promise<typeof import('../security/bus-folder.js')> => import('../security/bus-folder.js');

export const inFolder = (command: Command): Command =>
  command.option('--folder <folder>', 'where certificates and configuration are kept', DEFAULT_FOLDER);

/** Gives a command its work: change the folder, say what it is now, and have the server read it again, so many times, where that is wanted. */
export const changes = <Words extends readonly string[]>(
  command: Command,
  terminal: Terminal,
  change: (options: FolderOptions, words: Words) => Promise<View | void>,
  reloads = 1,
): void => {
  inFolder(command)
    .option('--reload <pidFile>', 'have the NATS server of this machine, whose process id stands in this file, read its configuration again')
    .action(async (...given: unknown[]) => {
      const options = command.optsWithGlobals<FolderOptions>();
      const view = await change(options, given.slice(0, -2) as unknown as Words);
      if (view) terminal.out(render(view, options.output, terminal.paint));
      const { reloadServer } = await import('../security/reload.js');
      if (options.reload === undefined)
        return terminal.note(`it counts from the moment at which the server ${READS[reloads - 1]}: nats-server --signal reload\n`);
      for (let n = 0; n < reloads; n += 1) {
        if (n > 0) await setTimeout(BETWEEN_RELOADS_MS);
        reloadServer(options.reload);
      }
    });
};

/** @throws UsageError that names the argument */
export const token = (what: string, text: string): string => {
  if (!isToken(text)) throw new UsageError(`${what} ${text} is none; write 1 to 128 letters, digits, _ and -`);
  return text;
};
