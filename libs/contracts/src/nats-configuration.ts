import type { BusPermissions } from './bus-permissions.js';
import { guestAccount, sharedWith, type NatsGuest } from './nats-accounts.js';

/** A user by password, or by certificate where it has none. */
export interface NatsUser {
  /** With certificates the whole name in it: `CN=host.h1.0a1b`. */
  readonly user: string;
  /** `{variable}`: the server takes it from its environment. */
  readonly password?: string | { readonly variable: string };
  /** Without them it may do everything. */
  readonly permissions?: BusPermissions;
  /** Stands above the entry. */
  readonly comment?: string;
}

export interface NatsConfiguration {
  /** Its first line: who writes it, and when anew. */
  readonly heading: string;
  readonly serverName?: string;
  /** Where clients connect: `0.0.0.0`, or one address. */
  readonly host: string;
  readonly port: number;
  /** Where the server tells of its health, without a password. */
  readonly httpPort?: number;
  /** Where JetStream keeps its files. */
  readonly storeDir: string;
  readonly pidFile?: string;
  /** Whether connections and their subscriptions are bounded; what waits for one always is. */
  readonly bounded?: boolean;
  /** Folder with `ca.crt`, `server.crt` and `server.key` as the server sees it: clients are then known by certificates. */
  readonly certificates?: string;
  /**
   * The account that everybody is in. Where not said it is the server's own one: JetStream keeps a folder for each account, so a store
   * that was begun in one cannot be gone on with in another.
   */
  readonly account?: string;
  /** Only where there is an account that they are kept apart from. */
  readonly guests?: readonly NatsGuest[];
  readonly users: readonly NatsUser[];
}

/** Bytes of one message, headers included: room for a page of a list, and for the largest fact. The contract counts on it. */
const MAX_PAYLOAD = 1024 * 1024;
const MAX_CONNECTIONS = 16_384;
/** Of one connection. A service has an endpoint for each request, and an agent for each of its orders. */
const MAX_SUBSCRIPTIONS = 512;
/** Bytes that may wait for one connection before it is cut off as too slow. */
const MAX_PENDING = 64 * 1024 * 1024;

/**
 * A NATS server's configuration, in its own language. Only settings that server 2.9 knows: an unknown one (`sync_interval` came with
 * 2.10) keeps it from starting. The server's own subjects are in an account that nobody may use.
 */
export const natsConfiguration = (settings: NatsConfiguration): string =>
  [`# ${settings.heading}`, ...listening(settings), '', ...limits(settings), '', ...tls(settings), ...known(settings), ''].join('\n');

const text = (value: string): string => JSON.stringify(value);

const listening = ({ serverName, host, port, httpPort, storeDir, pidFile }: NatsConfiguration): readonly string[] => [
  ...(serverName === undefined ? [] : [`server_name: ${text(serverName)}`]),
  `host: ${text(host)}`,
  `port: ${port}`,
  ...(httpPort === undefined ? [] : [`http_port: ${httpPort}`]),
  ...(pidFile === undefined ? [] : [`pid_file: ${text(pidFile)}`]),
  `jetstream { store_dir: ${text(storeDir)} }`,
];

const limits = ({ bounded = false }: NatsConfiguration): readonly string[] => [
  `max_payload: ${MAX_PAYLOAD}`,
  ...(bounded ? [`max_connections: ${MAX_CONNECTIONS}`, `max_subscriptions: ${MAX_SUBSCRIPTIONS}`] : []),
  `max_pending: ${MAX_PENDING}`,
];

const tls = ({ certificates: folder }: NatsConfiguration): readonly string[] => {
  if (folder === undefined) return [];
  const files = [`cert_file: ${text(`${folder}/server.crt`)}`, `key_file: ${text(`${folder}/server.key`)}`, `ca_file: ${text(`${folder}/ca.crt`)}`];
  return ['tls {', ...[...files, 'verify_and_map: true'].map((line) => `  ${line}`), '}', ''];
};

const known = ({ account, users, guests = [] }: NatsConfiguration): readonly string[] => {
  if (account === undefined) return ['authorization {', ...list(users, '  '), '}'];
  const own = [`  ${account} {`, '    jetstream: enabled', ...list(users, '    '), ...sharedWith(guests), '  }'];
  const others = guests.flatMap((guest) => guestAccount(guest, account, list(guest.users, '    ')));
  return ['accounts {', ...own, ...others, '  SYS {}', '}', 'system_account: SYS'];
};

const list = (users: readonly NatsUser[], margin: string): readonly string[] => [
  `${margin}users: [`,
  ...users.flatMap((user) => entry(user).map((line) => `${margin}  ${line}`)),
  `${margin}]`,
];

const entry = ({ user, password, permissions, comment }: NatsUser): readonly string[] => {
  const secret = typeof password === 'object' ? `$${password.variable}` : password && text(password);
  const who = `{ user: ${text(user)}${secret === undefined ? '' : `, password: ${secret}`}`;
  const above = comment === undefined ? [] : [`# ${comment}`];
  return permissions === undefined ? [...above, `${who} }`] : [...above, who, ...rules(permissions).map((line) => `  ${line}`)];
};

const rules = ({ publish, subscribe, except = {}, answers = false }: BusPermissions): readonly string[] => [
  'permissions: {',
  `  publish: ${rule(publish, except.publish)}`,
  `  subscribe: ${rule(subscribe, except.subscribe)}`,
  ...(answers ? ['  allow_responses: { max: 1, expires: "5s" }'] : []),
  '} }',
];

/** A list that allows nothing has to refuse everything: an empty one would refuse nothing. */
const rule = (allowed: readonly string[], denied: readonly string[] = []): string => {
  const subjects = (some: readonly string[]): string => `[${some.map(text).join(', ')}]`;
  if (allowed.length === 0) return '{ deny: [">"] }';
  return `{ allow: ${subjects(allowed)}${denied.length > 0 ? `, deny: ${subjects(denied)}` : ''} }`;
};
