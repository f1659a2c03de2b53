import { localOperatorPermissions } from '@vfleet/contracts/bus-permissions';
import { findNatsServer, keptSecret, NatsServer, PostgresServer, ServerStartError } from '@vfleet/embedded';
import { busUsers } from './bus-users.js';
import type { Config } from './config.js';
import type { DataDirectory } from './data-directory.js';
import { givenNats, givenPostgres } from './given-servers.js';
import { keepRunning, type Kept } from './keep-running.js';

export type Say = (message: string) => void;

/** The two servers that everything stands on. */
export interface Servers {
  readonly pgUrl: string;
  /** The operator's. */
  readonly natsUrl: string;
  /** The address with a user of the bus in it; a server that was not started here knows only the one that it was given with. */
  readonly natsUrlFor: (user: string) => string;
  /** Whether each simulated host has a user of its own. */
  readonly hostsAreUsers: boolean;
  /** The ones that were started here. */
  readonly kept: readonly Kept[];
}

const startPostgres = async ({ pgUrl }: Config, data: DataDirectory, say: Say): Promise<{ url: string; kept: Kept[] }> => {
  if (pgUrl !== undefined) return { url: await givenPostgres(pgUrl), kept: [] };
  say('starting PostgreSQL');
  const server = await PostgresServer.start({ dataDir: data.path('postgres') });
  return { url: server.url, kept: [keepRunning('postgresql', server, say)] };
};

const portTaken = (port: number, cause: ServerStartError): ServerStartError =>
  new ServerStartError(
    'PORT_IN_USE',
    `${cause.message}\nset VFLEET_NATS_PORT to another port than ${port} (0 picks a free one), or VFLEET_NATS_URL to a server of your own`,
    { cause },
  );

type Bus = Pick<Servers, 'natsUrl' | 'natsUrlFor' | 'hostsAreUsers' | 'kept'>;

const startNats = async ({ natsUrl, natsPort, simulatedHosts }: Config, data: DataDirectory, say: Say): Promise<Bus> => {
  if (natsUrl !== undefined) return { natsUrl: await givenNats(natsUrl), natsUrlFor: () => natsUrl, hostsAreUsers: false, kept: [] };
  const binary = await findNatsServer({ progress: say });
  say('starting NATS');
  const users = busUsers(await keptSecret(data.path('bus-secret')), simulatedHosts);
  const options = { storeDir: data.path('nats'), port: natsPort, operator: localOperatorPermissions(), users, binary };
  const server = await NatsServer.start(options).catch((error: unknown) => {
    throw error instanceof ServerStartError && error.code === 'PORT_IN_USE' ? portTaken(natsPort, error) : error;
  });
  const natsUrlFor = (user: string): string => server.urlFor(user);
  return { natsUrl: server.url, natsUrlFor, hostsAreUsers: true, kept: [keepRunning('nats-server', server, say)] };
};

/**
 * Starts the servers that the settings do not give. When one fails, the other is stopped again.
 * @throws ServerStartError
 */
export const startServers = async (config: Config, data: DataDirectory, say: Say): Promise<Servers> => {
  const [postgres, nats] = await Promise.allSettled([startPostgres(config, data, say), startNats(config, data, say)]);
  const kept = [postgres, nats].flatMap((each) => (each.status === 'fulfilled' ? each.value.kept : []));
  if (postgres.status === 'fulfilled' && nats.status === 'fulfilled') return { ...nats.value, pgUrl: postgres.value.url, kept };
  await Promise.all(kept.map((each) => each.stop()));
  throw postgres.status === 'rejected' ? postgres.reason : (nats as PromiseRejectedResult).reason;
};
