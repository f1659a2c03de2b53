import fs from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { checkedUrl } from '../config.js';
import { contextNamed, readContexts, writeContexts, type Context } from '../contexts.js';
import { UsageError } from '../exit-codes.js';
import { readFile, type CommonOptions } from '../options.js';
import { CONTEXTS, shownContext } from '../render/contexts.js';
import { listView, recordView, render, type View } from '../render/format.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

interface SetOptions extends Partial<Omit<Context, 'password'>> {
  readonly passwordFile?: string;
}

/** Servers and credentials by name. */
export const addContext = (program: Command, terminal: Terminal): void => {
  const noun = program.command('context').description('servers, and as whom to speak to them, by name');
  const { environment } = terminal;
  addVerb(noun, { name: 'ls', tells: 'list contexts; the one in use is marked', examples: ['vfleet context ls'] }).action((_, command: Command) => {
    const { current, contexts } = readContexts(environment);
    const items = Object.entries(contexts).map(([name, context]) => shownContext(name, context, current));
    say(command, terminal, listView(CONTEXTS, items, 'There is no context; make one with vfleet context set NAME --server nats://host:4222'));
  });
  addVerb(noun, { name: 'show', tells: 'show one context, by default the one in use; never its password', examples: ['vfleet context show'] })
    .argument('[name]')
    .action((given: string | undefined, _, command: Command) => {
      const { current } = readContexts(environment);
      const name = given ?? (environment['VFLEET_CONTEXT'] || current);
      if (name === undefined) throw new UsageError('no context is in use; name one, or use one: vfleet context use NAME');
      say(command, terminal, recordView(CONTEXTS, shownContext(name, contextNamed(name, environment), current)));
    });
  addVerb(noun, { name: 'use', tells: 'speak to this one from now on', examples: ['vfleet context use prod'] })
    .argument('<name>')
    .action((name: string) => {
      contextNamed(name, environment);
      writeContexts(environment, { ...readContexts(environment), current: name });
      terminal.note(`${name} is in use\n`);
    });
  addVerb(noun, { name: 'rm', tells: 'forget a context', examples: ['vfleet context rm prod'] })
    .argument('<name>')
    .action((name: string) => {
      contextNamed(name, environment);
      const { current, contexts } = readContexts(environment);
      const { [name]: _, ...others } = contexts;
      writeContexts(environment, { ...(current !== undefined && current !== name && { current }), contexts: others });
      terminal.note(`${name} is forgotten\n`);
    });
  addSet(noun, terminal);
};

const say = (command: Command, terminal: Terminal, view: View): void => {
  terminal.out(render(view, command.optsWithGlobals<CommonOptions>().output, terminal.paint));
};

const addSet = (noun: Command, { environment, note }: Terminal): void => {
  addVerb(noun, {
    name: 'set',
    tells: 'make a context, or change what is said of one; the first is in use at once',
    examples: ['vfleet context set prod --server tls://nats.example.net:4222 --creds ~/prod.creds --ca ~/ca.pem'],
  })
    .argument('<name>')
    .option('--creds <file>', 'NATS credentials file')
    .option('--user <name>', 'user, where the server knows passwords')
    .option('--password-file <file>', 'file with the password; - for standard input')
    .option('--ca <file>', 'PEM file with the certificates to trust')
    .option('--cert <file>', 'PEM file with the client’s own certificate')
    .option('--key <file>', 'PEM file with its key')
    .option('--inbox-prefix <subject>', 'where replies arrive, for a user with narrow rights')
    .option('--dashboard <url>', 'address of the dashboard')
    .addHelpText('after', '\nThe address is what --server says.')
    .action((name: string, _, command: Command) => {
      const { current = name, contexts } = readContexts(environment);
      const before = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
      const context = { ...before, ...toContext(command.optsWithGlobals<SetOptions>()) };
      if (context.server === undefined) throw new UsageError(`say where ${name} is: --server nats://host:4222`);
      writeContexts(environment, { current, contexts: { ...contexts, [name]: context as Context } });
      note(`${name} is ${before ? 'changed' : 'made'}${current === name ? ', and in use' : ''}\n`);
    });
};

/** @throws UsageError that names the option */
const toContext = ({ server, user, passwordFile, inboxPrefix, dashboard, ...options }: SetOptions): Partial<Context> => {
  const files = (['creds', 'ca', 'cert', 'key'] as const).flatMap((key) => {
    const file = options[key];
    if (file === undefined) return [];
    readFile(`--${key}`, file);
    return [[key, path.resolve(file)] as const];
  });
  return {
    ...(server !== undefined && { server: checkedUrl('--server', server) }),
    ...Object.fromEntries(files),
    ...(user !== undefined && { user }),
    ...(passwordFile !== undefined && { password: passwordIn(passwordFile) }),
    ...(inboxPrefix !== undefined && { inboxPrefix }),
    ...(dashboard !== undefined && { dashboard }),
  };
};

const passwordIn = (file: string): string =>
  (file === '-' ? fs.readFileSync(0) : readFile('--password-file', file)).toString('utf8').replace(/\r?\n$/, '');
