import { Argument, type Command } from 'commander';
import { COMPLETION_SCRIPTS, SHELLS, type Shell } from '../completion/scripts.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

export const addCompletion = (program: Command, terminal: Terminal): void => {
  addVerb(program, {
    name: 'completion',
    tells: 'print what makes a shell complete commands, options, hosts, VMs and devices',
    examples: ['source <(vfleet completion bash)', 'vfleet completion fish > ~/.config/fish/completions/vfleet.fish'],
  })
    .addArgument(new Argument('<shell>', 'the shell').choices([...SHELLS]))
    .action((shell: Shell) => terminal.out(COMPLETION_SCRIPTS[shell]));
};
