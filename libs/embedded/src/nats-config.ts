/** The user that everything local connects as: may publish and subscribe to all subjects. */
export const NATS_OPERATOR = 'operator';

/** A further user; without permissions it may do everything. */
export interface NatsUser {
  readonly user: string;
  readonly password: string;
  readonly permissions?: { readonly publish?: readonly string[]; readonly subscribe?: readonly string[] };
}

export interface NatsConfig {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly storeDir: string;
  readonly pidFile: string;
  readonly password: string;
  readonly users: readonly NatsUser[];
}

/** Bytes of one message, headers included; the server's own default, written down because the contract counts on it. */
const MAX_PAYLOAD = 1024 * 1024;

/**
 * The server's configuration file. Its language is a superset of JSON. Only settings that server 2.9 knows: an
 * unknown one (`sync_interval` came with 2.10) keeps it from starting.
 */
export const natsConfig = ({ name, host, port, storeDir, pidFile, password, users }: NatsConfig): string =>
  `${JSON.stringify(
    {
      server_name: name,
      host,
      port,
      pid_file: pidFile,
      max_payload: MAX_PAYLOAD,
      jetstream: { store_dir: storeDir },
      authorization: { users: [{ user: NATS_OPERATOR, password }, ...users] },
    },
    null,
    2,
  )}\n`;
