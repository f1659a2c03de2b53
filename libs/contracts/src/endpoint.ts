/** How to reach a NATS server, in the words of its client library. */
export interface NatsEndpoint {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** There where one of the servers is `tls://`: without it the library speaks to a server that knows no TLS in the clear. */
  readonly tls?: TlsIdentity;
}

/** What the library is told of TLS. Files in PEM form. */
export interface TlsIdentity {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** What the server's certificate has to name, where the address does not. */
  readonly host?: string;
}

/** Takes `nats://user:pass@host:port[,…]` apart; the client library wants credentials beside the servers. */
export const parseNatsUrl = (url: string): NatsEndpoint => {
  const parsed = url.split(',').map((one) => new URL(one.includes('://') ? one.trim() : `nats://${one.trim()}`));
  const [first] = parsed;
  const user = first?.username ? decodeURIComponent(first.username) : undefined;
  const pass = first?.password ? decodeURIComponent(first.password) : undefined;
  const servers = parsed.map(({ protocol, host }) => `${protocol}//${host}`);
  return {
    servers,
    ...(parsed.some(({ protocol }) => protocol === 'tls:') && { tls: identityOf(servers) }),
    ...(user !== undefined && (pass === undefined ? { token: user } : { user, pass })),
  };
};

const IPV4 = /^[\d.]+$/;
const IPV6 = /^\[([\da-f:]+)\]$/i;

/**
 * What certificates have to name: of several servers the first, as the library has it for names. It says nothing of an IP
 * address, for which Node.js would then take `localhost`.
 */
export const identityOf = ([first = '']: readonly string[]): Pick<TlsIdentity, 'host'> => {
  const { hostname } = new URL(first);
  if (IPV4.test(hostname)) return { host: hostname };
  const [, address] = IPV6.exec(hostname) ?? [];
  return address === undefined ? {} : { host: address };
};
