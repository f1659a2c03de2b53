import { LOOPBACK } from './free-port.js';

/** A server's place among others that are one cluster, all on this machine. */
export interface NatsMember {
  /** Its name, the same at each start: by it the others know whose data it has. */
  readonly name: string;
  /** Where the others reach it. */
  readonly port: number;
  /** Where all members are reached, this one included. */
  readonly ports: readonly number[];
  /** For the operator and between the members. */
  readonly password: string;
}

const CLUSTER = 'vfleet';

/** What follows the configuration of a server that is alone. */
export const clusterOf = ({ port, ports, password }: NatsMember): string =>
  [
    'cluster {',
    `  name: ${CLUSTER}`,
    `  host: ${LOOPBACK}`,
    `  port: ${port}`,
    `  authorization { user: ${CLUSTER}, password: ${JSON.stringify(password)} }`,
    '  routes: [',
    ...ports.map((other) => `    ${JSON.stringify(`nats-route://${CLUSTER}:${password}@${LOOPBACK}:${other}`)}`),
    '  ]',
    '}',
    '',
  ].join('\n');
