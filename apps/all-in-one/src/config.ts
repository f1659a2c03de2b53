import { resolve } from 'node:path';

export interface Config {
  /** Absolute; holds databases, logs, the simulated hosts' state and `endpoints.json`. */
  readonly dataDir: string;
  /** Given servers are used and none is started. */
  readonly natsUrl: string | undefined;
  readonly pgUrl: string | undefined;
  /** TCP ports on loopback; 0 picks a free one. */
  readonly httpPort: number;
  readonly natsPort: number;
  /** 0: no simulated fleet. */
  readonly simulatedHosts: number;
  /** Whether everybody on this machine may look at the dashboard. */
  readonly readWithoutToken: boolean;
}

/** What is wrong with the environment, all of it, a line each. */
export class BadSettings extends Error {
  override readonly name = 'BadSettings';
}

const PORTS = 65_535;
const SIMULATED_HOSTS = 10_000;

/**
 * Reads the settings; nobody else reads the environment.
 * @throws BadSettings
 */
export const readConfig = (environment: NodeJS.ProcessEnv = process.env): Config => {
  const faults: string[] = [];
  const text = (variable: string): string | undefined => environment[variable] || undefined;
  const number = (variable: string, fallback: number, max: number): number => {
    const given = text(variable);
    if (given === undefined) return fallback;
    if (/^\d{1,9}$/.test(given) && Number(given) <= max) return Number(given);
    faults.push(`${variable} must be a whole number from 0 to ${max}, not ${JSON.stringify(given)}`);
    return fallback;
  };
  const address = (variable: string, protocols: readonly string[]): string | undefined => {
    const given = text(variable);
    if (given !== undefined && !protocols.some((protocol) => given.startsWith(`${protocol}://`)))
      faults.push(`${variable} must start with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`);
    return given;
  };
  const yesOrNo = (variable: string, fallback: boolean): boolean => {
    const given = text(variable);
    if (given === 'true' || given === 'false') return given === 'true';
    if (given !== undefined) faults.push(`${variable} must be true or false, not ${JSON.stringify(given)}`);
    return fallback;
  };
  const config: Config = {
    dataDir: resolve(text('VFLEET_DATA_DIR') ?? '.vfleet'),
    natsUrl: address('VFLEET_NATS_URL', ['nats', 'tls']),
    pgUrl: address('VFLEET_PG_URL', ['postgres', 'postgresql']),
    httpPort: number('VFLEET_HTTP_PORT', 8080, PORTS),
    natsPort: number('VFLEET_NATS_PORT', 4222, PORTS),
    simulatedHosts: number('VFLEET_SIM_HOSTS', 8, SIMULATED_HOSTS),
    readWithoutToken: yesOrNo('VFLEET_DASHBOARD_READ_WITHOUT_TOKEN', true),
  };
  if (faults.length > 0) throw new BadSettings(faults.join('\n'));
  return config;
};
