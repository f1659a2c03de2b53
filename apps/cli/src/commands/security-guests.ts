import type { Command } from 'commander';
import { BUS_USERS } from '../render/bus-users.js';
import { listView, recordView, render, type View } from '../render/format.js';
import type { GuestUser } from '../security/bus-folder.js';
import type { Terminal } from '../terminal.js';
import { addVerb } from '../verb.js';
import { changes, inFolder, keeper, token, type FolderOptions } from './security-folder.js';

/** Users that come and go, and how the command line speaks of them. */
interface Guests {
  readonly kind: GuestUser['kind'];
  readonly argument: string;
  /** A name for examples. */
  readonly example: string;
  readonly description: string;
  readonly tells: Readonly<Record<'add' | 'renew' | 'revoke' | 'ls', string>>;
  /** Said where there are none. */
  readonly none: string;
}

export const HOSTS: Guests = {
  kind: 'host',
  argument: 'hostId',
  example: 'h1',
  description: 'hosts’ agents on the bus, each with a certificate of its own',
  tells: {
    add: 'make a certificate with which a host’s agent may speak for its host, and for no other',
    renew: 'give a host’s agent another certificate; the one that it has is refused from then on',
    revoke: 'cut a host’s agent off; its certificate is refused from the server’s reload on',
    ls: 'list the hosts that have a certificate, and until when it holds',
  },
  none: 'No host has a certificate; give one with vfleet security host add <hostId>',
};

export const TENANTS: Guests = {
  kind: 'tenant',
  argument: 'tenant',
  example: 'acme',
  description: 'tenants’ programs on the bus, each tenant in an account of its own',
  tells: {
    add: 'make an account, and a certificate with which a tenant may ask for its own VMs, and for no others',
    renew: 'give a tenant another certificate; the one that it has is refused from then on',
    revoke: 'cut a tenant off; its certificate is refused from the server’s reload on, and its VMs keep what they hold',
    ls: 'list the tenants that have a certificate, and until when it holds',
  },
  none: 'No tenant has a certificate; give one with vfleet security tenant add <tenant>',
};

/** Server 2.9 knows a new account after one reload, and brings its requests to the services after the next. */
const RELOADS_FOR_AN_ACCOUNT = 2;

/** The commands for one kind of users: add, renew, revoke, ls. */
export const addGuests = (security: Command, terminal: Terminal, { kind, argument, example, description, tells, none }: Guests): void => {
  const noun = security.command(kind).description(description);
  const named = (text: string): GuestUser => ({ kind, name: token(argument, text) });
  const verb = (name: 'add' | 'renew' | 'revoke', examples: readonly string[]): Command =>
    addVerb(noun, { name, tells: tells[name], examples: [...examples] }).argument(`<${argument}>`);
  const reloading = (name: string): string => `vfleet security ${kind} ${name} ${example} --reload /run/nats-server.pid`;

  const added = verb('add', [`vfleet security ${kind} add ${example}`, reloading('add')]);
  const add = async ({ folder }: FolderOptions, [name]: readonly [string]): Promise<View> =>
    recordView(BUS_USERS, await (await keeper()).add(folder, named(name)));
  changes<[string]>(added, terminal, add, RELOADS_FOR_AN_ACCOUNT);
  changes<[string]>(verb('renew', [reloading('renew')]), terminal, async ({ folder }, [name]) =>
    recordView(BUS_USERS, await (await keeper()).renew(folder, named(name))),
  );
  changes<[string]>(verb('revoke', [reloading('revoke')]), terminal, async ({ folder }, [name]) => (await keeper()).revoke(folder, named(name)));
  const list = addVerb(noun, { name: 'ls', tells: tells.ls, examples: [`vfleet security ${kind} ls`, `vfleet security ${kind} ls -o json`] });
  inFolder(list).action(async (_: unknown, command: Command) => {
    const { folder, output } = command.optsWithGlobals<FolderOptions>();
    const items = (await keeper()).usersOf(folder, kind);
    terminal.out(render(listView(BUS_USERS, items, none), output, terminal.paint));
  });
};
