import type { Command } from 'commander';
import type { VfleetClient } from '@vfleet/client';
import { withClient, type CommonOptions } from './options.js';
import { render, type View } from './render/format.js';
import type { Terminal } from './terminal.js';
import { watch, type Wakes } from './watch.js';

/** What a command shows: how it is asked for, and what tells that it has changed. */
export interface Question<Arguments extends readonly unknown[], Options> {
  readonly see: (client: VfleetClient, words: Arguments, options: Options & CommonOptions) => Promise<View>;
  /** With it the command takes `--watch`. */
  readonly wakes?: (words: Arguments, options: Options & CommonOptions) => Wakes;
}

/** Gives a command its work: ask, show in the format that is wanted, once or whenever it changes. */
export const shows = <Arguments extends readonly unknown[] = [], Options extends object = object>(
  command: Command,
  terminal: Terminal,
  { see, wakes }: Question<Arguments, Options>,
): Command => {
  if (wakes) command.option('-w, --watch', 'go on showing it, whenever it changes, until Ctrl-C');
  return command.action((...given: unknown[]) => {
    const words = given.slice(0, -2) as unknown as Arguments;
    return withClient(command, terminal, async (client, common) => {
      const options = { ...common, ...command.opts<Options>() };
      const ask = (): Promise<View> => see(client, words, options);
      if (wakes && (options as { readonly watch?: boolean }).watch) return watch(client, ask, wakes(words, options), common.output, terminal);
      return show(await ask(), common, terminal);
    });
  });
};

/** @throws what the view ends with */
const show = (view: View, { output }: CommonOptions, terminal: Terminal): void => {
  terminal.out(render(view, output, terminal.paint));
  if (view.note !== undefined) terminal.note(`${view.note}\n`);
  if (view.ends) throw view.ends;
};
