import path from 'node:path';
import { Option, type Command } from 'commander';
import { isToken } from '@vfleet/pci';
import { UsageError } from '../exit-codes.js';
import { wholeNumber, type CommonOptions } from '../options.js';
import { BUS_USERS } from '../render/bus-users.js';
import { listView, recordView, render, type View } from '../render/format.js';
import type { ServerSettings } from '../security/bus-folder.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';

interface FolderOptions extends CommonOptions {
  readonly folder: string;
  readonly reload?: string;
}

interface InitOptions extends FolderOptions {
  readonly name: readonly string[];
  readonly listen: string;
  readonly store: string;
  readonly pid: string;
  readonly at?: string;
  readonly days: number;
}

const DEFAULT_FOLDER = 'vfleet-bus';
const DAYS = 365;

/** Who may do what on the bus: certificates, and the NATS server's configuration. Nothing is asked of a running system. */
export const addSecurity = (program: Command, terminal: Terminal): void => {
  const noun = program.command('security').description('users of the bus: certificates, and the configuration of the NATS server');
  addInit(noun, terminal);
  const renewed = addVerb(noun, {
    name: 'renew',
    tells: 'give the server, a service or a client another certificate',
    examples: ['vfleet security renew server', 'vfleet security renew allocator --reload /run/nats-server.pid'],
  }).argument('<user>', 'server, allocator, inventory, migrator, dashboard, operator, platform or reader');
  changes<[string]>(renewed, terminal, async ({ folder }, [name]) => {
    const { renew } = await keeper();
    return recordView(BUS_USERS, await renew(folder, name === 'server' ? name : { kind: 'service', name: token('user', name) }));
  });
  addHosts(noun.command('host').description('hosts’ agents on the bus, each with a certificate of its own'), terminal);
};

const addInit = (noun: Command, terminal: Terminal): void => {
  const init = addVerb(noun, {
    name: 'init',
    tells: 'make an authority, certificates for services and clients, and the configuration of the NATS server',
    examples: ['vfleet security init --name nats.example.net', 'vfleet security init --name nats.example.net --at /etc/nats --store /var/lib/nats'],
  });
  inFolder(init)
    .option('--name <name>', 'name or address under which the server is reached; may be said more than once', names, [])
    .option('--listen <address>', 'where the server listens', '0.0.0.0:4222')
    .option('--store <folder>', 'where the server keeps its streams', '/var/lib/nats')
    .option('--pid <file>', 'where the server writes its process id', '/run/nats-server.pid')
    .option('--at <folder>', 'where the folder server will stand on the server’s machine (else where it is made)')
    .addOption(new Option('--days <days>', 'how long certificates hold').argParser(wholeNumber).default(DAYS))
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<InitOptions>();
      const { initialise } = await keeper();
      await initialise(options.folder, toSettings(options));
      terminal.note(`${options.folder} is made; keep its folder authority to yourself, and give each program its own folder below services\n`);
    });
};

const names = (text: string, before: readonly string[]): readonly string[] => [...before, text];

/** @throws UsageError that names the option */
const toSettings = ({ name, listen, store, pid, at, folder, days }: InitOptions): ServerSettings => {
  const [, host, port] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(listen) ?? [];
  if (host === undefined || Number(port) > 65_535) throw new UsageError(`--listen ${listen} is no address with a port; write 0.0.0.0:4222`);
  if (days < 1 || days > 3_650) throw new UsageError(`--days ${days} is not possible; write 1 to 3650`);
  const wrong = name.find((one) => !/^[A-Za-z0-9.:-]{1,253}$/.test(one));
  if (wrong !== undefined) throw new UsageError(`--name ${wrong} is no name or address of a server; write nats.example.net or 10.0.0.5`);
  const serverNames = [...new Set([...name, 'localhost', '127.0.0.1'])];
  return { serverNames, host, port: Number(port), storeDir: store, pidFile: pid, at: at ?? path.resolve(folder, 'server'), days };
};

const addHosts = (noun: Command, terminal: Terminal): void => {
  const add = addVerb(noun, {
    name: 'add',
    tells: 'make a certificate with which a host’s agent may speak for its host, and for no other',
    examples: ['vfleet security host add h1', 'vfleet security host add h1 --reload /run/nats-server.pid'],
  }).argument('<hostId>');
  changes<[string]>(add, terminal, async ({ folder }, [hostId]) =>
    recordView(BUS_USERS, await (await keeper()).addHost(folder, token('hostId', hostId))),
  );
  const renewed = addVerb(noun, {
    name: 'renew',
    tells: 'give a host’s agent another certificate; the one that it has is refused from then on',
    examples: ['vfleet security host renew h1 --reload /run/nats-server.pid'],
  }).argument('<hostId>');
  changes<[string]>(renewed, terminal, async ({ folder }, [name]) =>
    recordView(BUS_USERS, await (await keeper()).renew(folder, { kind: 'host', name: token('hostId', name) })),
  );
  const revoke = addVerb(noun, {
    name: 'revoke',
    tells: 'cut a host’s agent off; its certificate is refused from the server’s reload on',
    examples: ['vfleet security host revoke h1 --reload /run/nats-server.pid'],
  }).argument('<hostId>');
  changes<[string]>(revoke, terminal, async ({ folder }, [hostId]) => (await keeper()).revokeHost(folder, token('hostId', hostId)));
  const list = addVerb(noun, {
    name: 'ls',
    tells: 'list the hosts that have a certificate, and until when it holds',
    examples: ['vfleet security host ls', 'vfleet security host ls -o json'],
  });
  inFolder(list).action(async (_: unknown, command: Command) => {
    const { folder, output } = command.optsWithGlobals<FolderOptions>();
    const items = (await keeper()).hostsIn(folder);
    terminal.out(
      render(listView(BUS_USERS, items, 'No host has a certificate; give one with vfleet security host add <hostId>'), output, terminal.paint),
    );
  });
};

/** Loaded where it is needed: what makes certificates would slow every other command down. */
const keeper = (): Promise<typeof import('../security/bus-folder.js')> => import('../security/bus-folder.js');

const inFolder = (command: Command): Command => command.option('--folder <folder>', 'where certificates and configuration are kept', DEFAULT_FOLDER);

/** Gives a command its work: change the folder, say what it is now, and have the server read it again where that is wanted. */
const changes = <Words extends readonly string[]>(
  command: Command,
  terminal: Terminal,
  change: (options: FolderOptions, words: Words) => Promise<View | void>,
): void => {
  inFolder(command)
    .option('--reload <pidFile>', 'have the NATS server of this machine, whose process id stands in this file, read its configuration again')
    .action(async (...given: unknown[]) => {
      const options = command.optsWithGlobals<FolderOptions>();
      const view = await change(options, given.slice(0, -2) as unknown as Words);
      if (view) terminal.out(render(view, options.output, terminal.paint));
      const { reloadServer } = await import('../security/reload.js');
      if (options.reload !== undefined) reloadServer(options.reload);
      else terminal.note('it counts from the moment at which the server reads its configuration again: nats-server --signal reload\n');
    });
};

/** @throws UsageError that names the argument */
const token = (what: string, text: string): string => {
  if (!isToken(text)) throw new UsageError(`${what} ${text} is none; write 1 to 128 letters, digits, _ and -`);
  return text;
};
