import fs from 'node:fs';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { conflict } from '@vfleet/contracts';
import { UsageError } from '../exit-codes.js';
import { issue, newAuthority, readCertificate, type Credential } from './certificates.js';
import { securedServer, serviceNames, type BusUser, type KnownUser } from './secured-server.js';

/** What the server is told beside its users; kept in `settings.json`. */
export interface ServerSettings {
  /** Names and addresses under which clients reach it. */
  readonly serverNames: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly storeDir: string;
  readonly pidFile: string;
  /** Where the folder `server` stands as the server sees it. */
  readonly at: string;
  /** Days that certificates hold. */
  readonly days: number;
}

/** A user that comes and goes; services and clients are there from the beginning. */
export interface GuestUser extends BusUser {
  readonly kind: 'host' | 'tenant';
}

/** A user as lists show it. */
export interface ShownUser {
  readonly name: string;
  readonly since: string;
  readonly until: string;
  /** What its program is given. */
  readonly folder: string;
}

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
const SECRET = 0o600;
const OPEN = 0o644;
/** Clocks of servers differ. */
const BEFORE_MS = 3_600_000;
const NUMBER_BYTES = 8;

const authorityIn = (folder: string): string => path.join(folder, 'authority');
const serverIn = (folder: string): string => path.join(folder, 'server');
const settingsIn = (folder: string): string => path.join(folder, 'settings.json');
const usersIn = (folder: string, kind: BusUser['kind']): string => path.join(folder, `${kind}s`);

/** Makes the folder: an authority, the server's certificate, one for each service and client, and the server's configuration. */
export const initialise = async (folder: string, settings: ServerSettings): Promise<void> => {
  if (fs.existsSync(folder) && fs.readdirSync(folder).length > 0)
    throw conflict('ALREADY_EXISTS', `${folder} is not empty, and nothing in it is overwritten; name another one with --folder`);
  const made = `${path.resolve(folder)}.${process.pid}`;
  makeFolder(made);
  try {
    const authority = await newAuthority({ commonName: 'vfleet bus', ...validFor(AUTHORITY_DAYS) });
    put(authorityIn(made), { 'ca.crt': authority.certificate, 'ca.key': authority.key });
    write(settingsIn(made), `${JSON.stringify(settings, null, 2)}\n`, OPEN);
    await addServer(made);
    for (const name of serviceNames()) await addUser(made, { kind: 'service', name });
    writeConfiguration(made);
    if (fs.existsSync(folder)) fs.rmdirSync(folder);
    fs.renameSync(made, folder);
  } finally {
    fs.rmSync(made, { recursive: true, force: true });
  }
};

/** Adds a host's agent, or a tenant with its account. @throws ApiError 409 where it has a user already */
export const add = async (folder: string, user: GuestUser): Promise<ShownUser> => {
  const { kind, name } = user;
  if (fs.existsSync(folderOf(opened(folder), user)))
    throw conflict('ALREADY_EXISTS', `${kind} ${name} has a certificate; vfleet security ${kind} renew ${name} gives it another one`);
  await addUser(folder, user);
  writeConfiguration(folder);
  return shown(folder, user);
};

/** Takes a user away; its certificate names nobody from the server's next reload on. */
export const revoke = (folder: string, user: GuestUser): void => {
  fs.rmSync(existing(folder, user), { recursive: true });
  writeConfiguration(folder);
};

/** Another certificate in place of the one that a user, or the server, has; the old one names nobody from the next reload on. */
export const renew = async (folder: string, user: BusUser | 'server'): Promise<ShownUser> => {
  const old = user === 'server' ? serverIn(opened(folder)) : existing(folder, user);
  if (user === 'server') {
    await addServer(folder);
    return { name: 'server', ...dates(path.join(old, 'server.crt')), folder: old };
  }
  await addUser(folder, user);
  writeConfiguration(folder);
  return shown(folder, user);
};

export const usersOf = (folder: string, kind: GuestUser['kind']): readonly ShownUser[] =>
  namesOf(opened(folder), kind).map((name) => shown(folder, { kind, name }));

/** Where a service finds its certificate. */
export const folderOf = (folder: string, { kind, name }: BusUser): string => path.join(usersIn(folder, kind), name);

const opened = (folder: string): string => {
  if (fs.existsSync(settingsIn(folder))) return folder;
  throw new UsageError(`${folder} is no folder of vfleet security; make it with vfleet security init --folder ${folder}`);
};

const existing = (folder: string, user: BusUser): string => {
  const found = folderOf(opened(folder), user);
  if (fs.existsSync(found)) return found;
  const known = namesOf(folder, user.kind).join(', ') || 'none';
  throw new UsageError(`there is no ${user.kind} ${user.name} in ${folder} (known: ${known})`);
};

const settingsOf = (folder: string): ServerSettings => JSON.parse(fs.readFileSync(settingsIn(opened(folder)), 'utf8')) as ServerSettings;

const authorityOf = (folder: string): Credential => ({
  certificate: fs.readFileSync(path.join(authorityIn(folder), 'ca.crt'), 'utf8'),
  key: fs.readFileSync(path.join(authorityIn(folder), 'ca.key'), 'utf8'),
});

const addServer = async (folder: string): Promise<void> => {
  const { serverNames, days } = settingsOf(folder);
  const authority = authorityOf(folder);
  const { certificate, key } = await issue(authority, { commonName: serverNames[0] ?? 'nats', serverNames, ...validFor(days) });
  put(serverIn(folder), { 'ca.crt': authority.certificate, 'server.crt': certificate, 'server.key': key });
};

/** A new certificate carries a number that no other one has: an old one can never name the user again. */
const addUser = async (folder: string, user: BusUser): Promise<void> => {
  const authority = authorityOf(folder);
  const commonName = `${user.kind}.${user.name}.${randomBytes(NUMBER_BYTES).toString('hex')}`;
  const { certificate, key } = await issue(authority, { commonName, ...validFor(settingsOf(folder).days) });
  put(folderOf(folder, user), { 'ca.crt': authority.certificate, 'user.crt': certificate, 'user.key': key });
};

const writeConfiguration = (folder: string): void => {
  const { at, ...settings } = settingsOf(folder);
  const users = (['service', 'host', 'tenant'] as const).flatMap((kind) => namesOf(folder, kind).map((name) => known(folder, { kind, name })));
  write(path.join(serverIn(folder), 'nats-server.conf'), securedServer({ ...settings, folder: at, users }), OPEN);
};

const namesOf = (folder: string, kind: BusUser['kind']): readonly string[] => {
  const users = usersIn(folder, kind);
  return fs.existsSync(users) ? fs.readdirSync(users).sort() : [];
};

const known = (folder: string, user: BusUser): KnownUser => ({
  user,
  commonName: readCertificate(fs.readFileSync(path.join(folderOf(folder, user), 'user.crt'), 'utf8')).commonName,
});

const shown = (folder: string, user: BusUser): ShownUser => {
  const own = folderOf(folder, user);
  return { name: user.name, ...dates(path.join(own, 'user.crt')), folder: own };
};

const dates = (file: string): Pick<ShownUser, 'since' | 'until'> => {
  const { from, until } = readCertificate(fs.readFileSync(file, 'utf8'));
  return { since: from.toISOString(), until: until.toISOString() };
};

const validFor = (days: number): { readonly from: Date; readonly until: Date } => ({
  from: new Date(Date.now() - BEFORE_MS),
  until: new Date(Date.now() + days * DAY_MS),
});

const makeFolder = (folder: string): void => void fs.mkdirSync(folder, { recursive: true, mode: 0o700 });

/** Keys last: whoever finds a key finds its certificate. Only their owner reads keys. */
const put = (folder: string, files: Readonly<Record<string, string>>): void => {
  makeFolder(folder);
  for (const [name, text] of Object.entries(files)) write(path.join(folder, name), text, name.endsWith('.key') ? SECRET : OPEN);
};

/** Whole or not at all: nobody reads half of it. */
const write = (file: string, text: string, mode: number): void => {
  const beside = `${file}.${process.pid}`;
  fs.writeFileSync(beside, text, { mode, flag: 'wx' });
  fs.renameSync(beside, file);
};
