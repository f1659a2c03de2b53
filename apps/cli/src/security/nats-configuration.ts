import {
  ANSWERING_SERVICES,
  BUS_CLIENTS,
  clientPermissions,
  hostPermissions,
  inboxOfHost,
  servicePermissions,
  type BusPermissions,
} from '@vfleet/contracts';

/** A service or client of the bus by its name, or one host's agent by the host's id. */
export type BusUser = { readonly kind: 'service'; readonly name: string } | { readonly kind: 'host'; readonly name: string };

/** A user, and the name in the certificate by which the server knows it. */
export interface KnownUser {
  readonly user: BusUser;
  readonly commonName: string;
}

export interface NatsConfiguration {
  /** Where clients connect: `0.0.0.0`, or one address. */
  readonly host: string;
  readonly port: number;
  /** Where JetStream keeps its files. */
  readonly storeDir: string;
  readonly pidFile: string;
  /** Folder with `ca.crt`, `server.crt` and `server.key` as the server sees it. */
  readonly folder: string;
  readonly users: readonly KnownUser[];
}

/** Bytes of one message, headers included: room for a page of a list, and for the largest fact. */
const MAX_PAYLOAD = 1024 * 1024;
const MAX_CONNECTIONS = 16_384;
/** Of one connection. A service has an endpoint for each request, and an agent for each of its orders. */
const MAX_SUBSCRIPTIONS = 512;
/** Bytes that may wait for one connection before it is cut off as too slow. */
const MAX_PENDING = 64 * 1024 * 1024;

/** Every service and every client that is not a host's agent. */
export const serviceNames = (): readonly string[] => [...ANSWERING_SERVICES, ...BUS_CLIENTS];

/**
 * The server's configuration, in its own language, for servers from 2.9 on. It holds no secret: who a client is says its
 * certificate, whose whole name is the user's. Everything runs in one account; the server's own subjects are in another,
 * which nobody may use.
 */
export const natsConfiguration = ({ host, port, storeDir, pidFile, folder, users }: NatsConfiguration): string => {
  const text = (value: string): string => JSON.stringify(value);
  const inboxes = users.flatMap(({ user }) => (user.kind === 'host' ? [`${inboxOfHost(user.name)}.>`] : []));
  return `# Written by vfleet security; it is written anew with each host that is added or revoked.
host: ${text(host)}
port: ${port}
pid_file: ${text(pidFile)}
jetstream { store_dir: ${text(storeDir)} }

max_payload: ${MAX_PAYLOAD}
max_connections: ${MAX_CONNECTIONS}
max_subscriptions: ${MAX_SUBSCRIPTIONS}
max_pending: ${MAX_PENDING}

tls {
  cert_file: ${text(`${folder}/server.crt`)}
  key_file: ${text(`${folder}/server.key`)}
  ca_file: ${text(`${folder}/ca.crt`)}
  verify_and_map: true
}

accounts {
  VFLEET {
    jetstream: enabled
    users: [
${users.map((known) => userEntry(known, inboxes)).join('\n')}
    ]
  }
  SYS {}
}
system_account: SYS
`;
};

const userEntry = ({ user, commonName }: KnownUser, inboxes: readonly string[]): string => {
  const { publish, subscribe, answers = false } = permissionsOf(user, inboxes);
  const list = (subjects: readonly string[]): string => `[${subjects.map((subject) => JSON.stringify(subject)).join(', ')}]`;
  // A list that allows nothing has to refuse everything: an empty one would refuse nothing.
  const rule = (subjects: readonly string[]): string => (subjects.length > 0 ? `{ allow: ${list(subjects)} }` : '{ deny: [">"] }');
  const answering = answers ? '\n          allow_responses: { max: 1, expires: "5s" }' : '';
  return `      # ${user.kind} ${user.name}
      { user: ${JSON.stringify(`CN=${commonName}`)}
        permissions: {
          publish: ${rule(publish)}
          subscribe: ${rule(subscribe)}${answering}
        } }`;
};

const permissionsOf = ({ kind, name }: BusUser, inboxes: readonly string[]): BusPermissions => {
  if (kind === 'host') return hostPermissions(name);
  const service = ANSWERING_SERVICES.find((one) => one === name);
  if (service !== undefined) return servicePermissions(service, inboxes);
  const client = BUS_CLIENTS.find((one) => one === name);
  if (client === undefined) throw new Error(`${name} is no user of the bus; there are ${serviceNames().join(', ')}`);
  return clientPermissions(client);
};
