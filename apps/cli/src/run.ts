import { CommanderError } from 'commander';
import { answerCompletion } from './completion/answer.js';
import { COMPLETE } from './completion/scripts.js';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.js';
import { vfleetProgram } from './program.js';
import { renderError } from './render/errors.js';
import type { Terminal } from './terminal.js';

/** Runs one command line, `['devices', 'ls']`, and says with which code the process should end. Never throws. */
export const run = async (words: readonly string[], terminal: Terminal): Promise<ExitCode> => {
  const program = vfleetProgram(terminal);
  if (words[0] === COMPLETE) {
    await answerCompletion(program, words.slice(1), terminal);
    return EXIT.done;
  }
  if (words.length === 0) {
    terminal.note(program.helpInformation());
    return EXIT.usage;
  }
  try {
    await program.parseAsync(words, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // Commander has said by itself what is wrong, or has shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    terminal.note(renderError(error, terminal.paint));
    return exitCodeOf(error);
  }
};
