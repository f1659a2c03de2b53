import { createHmac } from 'node:crypto';
import {
  ANSWERING_SERVICES,
  ANY_INBOX,
  clientPermissions,
  hostPermissions,
  servicePermissions,
  SIMULATION,
  simulationPermissions,
} from '@vfleet/contracts/bus-permissions';
import type { NatsUser } from '@vfleet/contracts/nats-configuration';

/** As the simulated fleet calls its hosts. */
const simulatedHost = (number: number): string => `sim-${String(number).padStart(2, '0')}`;

/**
 * A user for each service, for the process that plays hosts, and for each host that it plays, which has that process' password. Whoever
 * knows one password does not know the others.
 * @param secret from which passwords are made: the same ones at each start
 */
export const busUsers = (secret: string, simulatedHosts: number): readonly NatsUser[] => {
  const passwordOf = (user: string): string => createHmac('sha256', secret).update(user).digest('base64url');
  const services = ANSWERING_SERVICES.map((user) => ({ user, permissions: servicePermissions(user, ANY_INBOX) }));
  const clients = [
    { user: 'dashboard', permissions: clientPermissions('dashboard') },
    { user: SIMULATION, permissions: simulationPermissions() },
  ];
  const hosts = Array.from({ length: simulatedHosts }, (_, index) => simulatedHost(index + 1));
  return [
    ...[...services, ...clients].map((known) => ({ ...known, password: passwordOf(known.user) })),
    ...hosts.map((user) => ({ user, password: passwordOf(SIMULATION), permissions: hostPermissions(user) })),
  ];
};
