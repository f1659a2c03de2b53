import path from 'node:path';
import { Option, type Command } from 'commander';
import { UsageError } from '../exit-codes.js';
import { wholeNumber } from '../options.js';
import { BUS_USERS } from '../render/bus-users.js';
import { recordView } from '../render/format.js';
import type { ServerSettings } from '../security/bus-folder.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { addSealKey } from './seal-key.js';
import { changes, inFolder, keeper, token, type FolderOptions } from './security-folder.js';
import { HOSTS, TENANTS, addGuests } from './security-guests.js';

interface InitOptions extends FolderOptions {
  readonly name: readonly string[];
  readonly listen: string;
  readonly store: string;
  readonly pid: string;
  readonly at?: string;
  readonly days: number;
}

const DAYS = 365;

/** Who may do what on the bus: certificates, and the NATS server's configuration. Nothing is asked of a running system. */
export const addSecurity = (program: Command, terminal: Terminal): void => {
  const noun = program
    .command('security')
    .description('users of the bus: certificates, and the configuration of the NATS server; the key that seals the journal');
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
  addSealKey(noun, terminal);
  addGuests(noun, terminal, HOSTS);
  addGuests(noun, terminal, TENANTS);
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
