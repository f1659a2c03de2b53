/** How to reach a NATS server, in the words of its client library. */
export interface NatsEndpoint {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

/** Takes `nats://user:pass@host:port[,…]` apart; the client library wants credentials beside the servers. */
export const parseNatsUrl = (url: string): NatsEndpoint => {
  const parsed = url.split(',').map((one) => new URL(one.includes('://') ? one.trim() : `nats://${one.trim()}`));
  const [first] = parsed;
  const user = first?.username ? decodeURIComponent(first.username) : undefined;
  const pass = first?.password ? decodeURIComponent(first.password) : undefined;
  return {
    servers: parsed.map(({ protocol, host }) => `${protocol}//${host}`),
    ...(user !== undefined && (pass === undefined ? { token: user } : { user, pass })),
  };
};
