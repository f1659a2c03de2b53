import { MOST_VFS, VFS_AT_FIRST } from './cards.js';

const MAX_HOSTS = 10_000;

export interface SimulationSettings {
  readonly hosts: number;
  /** Virtual functions of each of two ports that nobody has asked for others. */
  readonly vfs: number;
  readonly natsUrl: string;
  /** Whether each host connects as a user of its own, with the password in the address. */
  readonly hostsAreUsers: boolean;
  /** Where hosts keep their state. */
  readonly folder: string;
  readonly httpPort: number | null;
  readonly traces: boolean;
}

/** What is wrong with the environment, a line each. */
export class BadSettings extends Error {
  override readonly name = 'BadSettings';
}

/** @throws BadSettings */
export const readSimulationSettings = (environment: NodeJS.ProcessEnv): SimulationSettings => {
  const {
    VFLEET_SIM_HOSTS: hosts = '8',
    VFLEET_SIM_VFS: vfs = String(VFS_AT_FIRST),
    VFLEET_NATS_URL: natsUrl = 'nats://127.0.0.1:4222',
    VFLEET_SIM_HOSTS_ARE_USERS: hostsAreUsers = 'false',
    VFLEET_SIM_STATE_DIR: folder = '.vfleet/simulation',
    VFLEET_AGENT_HTTP_PORT: httpPort = '',
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint = '',
  } = environment;
  const faults: string[] = [];
  if (!/^\d{1,9}$/.test(hosts) || Number(hosts) > MAX_HOSTS) faults.push(`VFLEET_SIM_HOSTS must be a whole number from 0 to ${MAX_HOSTS}`);
  if (!/^\d{1,9}$/.test(vfs) || Number(vfs) > MOST_VFS) faults.push(`VFLEET_SIM_VFS must be a whole number from 0 to ${MOST_VFS}`);
  if (!['true', 'false'].includes(hostsAreUsers)) faults.push('VFLEET_SIM_HOSTS_ARE_USERS must be true or false');
  if (faults.length > 0) throw new BadSettings(faults.join('\n'));
  return {
    hosts: Number(hosts),
    vfs: Number(vfs),
    natsUrl,
    hostsAreUsers: hostsAreUsers === 'true',
    folder,
    httpPort: httpPort === '' ? null : Number(httpPort),
    traces: otlpEndpoint !== '',
  };
};

/** Each server of an address with another user, and the same password, in it. */
export const urlAs = (user: string, natsUrl: string): string =>
  natsUrl
    .split(',')
    .map((one) => Object.assign(new URL(one.includes('://') ? one.trim() : `nats://${one.trim()}`), { username: user }).href)
    .join(',');
