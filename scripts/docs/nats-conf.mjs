/** Hosts that docker-compose.yml plays, and a real one, which shows what each has. */
const PLAYED = ['sim-01', 'sim-02'];
const REAL = 'h1';

const variableOf = (user) => `VFLEET_NATS_${user.toUpperCase().replaceAll('-', '_')}_PASSWORD`;

/** The users of docker-compose.yml, as `vfleet security` makes them, by passwords that come from the environment. */
const usersOf = (contracts) => {
  const { ANSWERING_SERVICES, ANY_INBOX, BUS_CLIENTS, SIMULATION } = contracts;
  const { clientPermissions, hostPermissions, servicePermissions, simulationPermissions } = contracts;
  const known = (user, permissions, comment, owner = user) => ({ user, permissions, comment, password: { variable: variableOf(owner) } });
  return [
    ...ANSWERING_SERVICES.map((name) => known(name, servicePermissions(name, ANY_INBOX), `service ${name}`)),
    ...BUS_CLIENTS.map((name) => known(name, clientPermissions(name), `client ${name}`)),
    known(SIMULATION, simulationPermissions(), 'the process that plays hosts; they have its password'),
    ...PLAYED.map((hostId) => known(hostId, hostPermissions(hostId), `host ${hostId}, played`, SIMULATION)),
    known(REAL, hostPermissions(REAL), `host ${REAL}; each real host has such a user`),
  ];
};

/** `deploy/nats/nats-server.conf`. */
export const natsConf = (contracts) =>
  contracts.natsConfiguration({
    heading: 'Written by npm run docs, for docker-compose.yml. For servers from 2.9 on. Passwords come from the environment.',
    host: '0.0.0.0',
    port: 4222,
    httpPort: 8222,
    storeDir: '/data',
    bounded: true,
    users: usersOf(contracts),
  });
