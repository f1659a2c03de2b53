import {
  ANSWERING_SERVICES,
  BUS_CLIENTS,
  OTHER_ACCOUNTS_INBOXES,
  clientPermissions,
  hostGuest,
  hostPermissions,
  natsConfiguration,
  servicePermissions,
  tenantGuest,
  tenantPermissions,
  type BusPermissions,
  type NatsGuest,
  type NatsUser,
} from '@vfleet/contracts';

/** A service or client of the bus by its name, one host's agent by the host's id, or a tenant's programs by its name. */
export interface BusUser {
  readonly kind: 'service' | 'host' | 'tenant';
  readonly name: string;
}

/** A user, and the name in the certificate by which the server knows it. */
export interface KnownUser {
  readonly user: BusUser;
  readonly commonName: string;
}

export interface SecuredServer {
  readonly host: string;
  readonly port: number;
  readonly storeDir: string;
  readonly pidFile: string;
  /** Folder with `ca.crt`, `server.crt` and `server.key` as the server sees it. */
  readonly folder: string;
  readonly users: readonly KnownUser[];
}

/** Every service and every client that is not a host's agent. */
export const serviceNames = (): readonly string[] => [...ANSWERING_SERVICES, ...BUS_CLIENTS];

/** The server's configuration. It holds no secret: who a client is says its certificate, whose whole name is the user's. */
export const securedServer = ({ folder, users, host, port, storeDir, pidFile }: SecuredServer): string => {
  const guests = users.flatMap((known) => toGuest(known) ?? []);
  return natsConfiguration({
    heading: 'Written by vfleet security; it is written anew with each host or tenant that is added or revoked.',
    host,
    port,
    storeDir,
    pidFile,
    bounded: true,
    certificates: folder,
    account: 'VFLEET',
    users: users.filter(({ user }) => user.kind === 'service').map(toNatsUser),
    guests,
  });
};

/** Hosts and tenants are kept apart from everybody else. */
const toGuest = (known: KnownUser): NatsGuest | undefined => {
  const { kind, name } = known.user;
  if (kind === 'host') return hostGuest(name, [toNatsUser(known)]);
  return kind === 'tenant' ? tenantGuest(name, [toNatsUser(known)]) : undefined;
};

const toNatsUser = ({ user, commonName }: KnownUser): NatsUser => ({
  user: `CN=${commonName}`,
  permissions: permissionsOf(user),
  comment: `${user.kind} ${user.name}`,
});

const permissionsOf = ({ kind, name }: BusUser): BusPermissions => {
  if (kind === 'host') return hostPermissions(name);
  if (kind === 'tenant') return tenantPermissions();
  const service = ANSWERING_SERVICES.find((one) => one === name);
  if (service !== undefined) return servicePermissions(service, [OTHER_ACCOUNTS_INBOXES]);
  const client = BUS_CLIENTS.find((one) => one === name);
  if (client === undefined) throw new Error(`${name} is no user of the bus; there are ${serviceNames().join(', ')}`);
  return clientPermissions(client);
};
