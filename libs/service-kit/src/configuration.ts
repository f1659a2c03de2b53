/** How one setting is read: its variable, what it means when absent, and how its text becomes a value. */
export interface Setting<T> {
  readonly variable: string;
  readonly fallback?: T;
  /** Undefined when the text is no value of this kind; `form` says what would be. */
  readonly parse: (text: string) => T | undefined;
  readonly form: string;
}

export type Settings<Config> = { readonly [Key in keyof Config]-?: Setting<Exclude<Config[Key], undefined>> };

/** What is wrong with the environment, all of it, a line each. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';
}

export const text = (variable: string, fallback?: string): Setting<string> => ({
  variable,
  ...(fallback !== undefined && { fallback }),
  parse: (value) => value,
  form: 'a text',
});

export const wholeNumber = (variable: string, fallback: number, min = 0, max = Number.MAX_SAFE_INTEGER): Setting<number> => ({
  variable,
  fallback,
  parse: (value) => (/^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max ? Number(value) : undefined),
  form: `a whole number from ${min} to ${max}`,
});

export const url = (variable: string, protocols: readonly string[]): Setting<string> => ({
  variable,
  parse: (value) => (protocols.some((protocol) => value.startsWith(`${protocol}://`)) ? value : undefined),
  form: `an address that starts with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
});

/**
 * Reads a service's settings from the environment. Nobody else reads it.
 * @throws BadConfiguration with every fault
 */
export const readSettings = <Config extends object>(settings: Settings<Config>, environment: NodeJS.ProcessEnv = process.env): Config => {
  const faults: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [key, { variable, fallback, parse, form }] of Object.entries<Setting<unknown>>(settings)) {
    const raw = environment[variable];
    const value = raw === undefined || raw === '' ? fallback : parse(raw);
    if (value === undefined) faults.push(raw ? `${variable} must be ${form}` : `${variable} is not set; it must be ${form}`);
    else config[key] = value;
  }
  if (faults.length > 0) throw new BadConfiguration(faults.join('\n'));
  return config as Config;
};

/** One of some words. */
export const oneOf = (variable: string, words: readonly string[], fallback: string): Setting<string> => ({
  variable,
  fallback,
  parse: (value) => words.find((word) => word === value),
  form: `one of ${words.join(', ')}`,
});

const part = (variable: string, fallback: number): Setting<number> => ({
  variable,
  fallback,
  parse: (value) => (/^\d(\.\d{1,9})?$/.test(value) && Number(value) <= 1 ? Number(value) : undefined),
  form: 'a number from 0 to 1',
});

/** A port that need not be given: null where it is not. */
const portIfAny = (variable: string): Setting<number | null> => ({ ...wholeNumber(variable, 0, 0, 65_535), fallback: null });

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** How a service is watched. */
export interface WatchingConfig {
  /** From `trace` to `fatal`, or `silent`. */
  readonly logLevel: string;
  /** Where metrics and health are served; loopback unless told. */
  readonly httpHost?: string;
  /** 0 picks one; null: nothing listens. */
  readonly httpPort?: number | null;
  /** Where traces go, OTLP over HTTP; empty: none are kept. */
  readonly otlpEndpoint?: string;
  /** Part of the traces that begin here which is kept, 0 to 1. */
  readonly traceRatio?: number;
  /** The commit that was built, for `vfleet_build_info`. */
  readonly commit?: string;
}

/** What every service needs to know. */
export interface ServiceConfig extends WatchingConfig {
  readonly natsUrl: string;
  /** Folder with what the service shows of itself to NATS; empty: what the address says is all. */
  readonly natsIdentity?: string;
  readonly pgUrl: string;
}

/** What a service needs to know that makes streams. */
export interface StreamsConfig {
  /** Servers of a NATS cluster that keep each stream. */
  readonly streamReplicas: number;
}

/** Where each service serves its metrics and its health: written out, so that whoever looks for a variable finds it. */
const ENDPOINTS = {
  allocator: { host: 'VFLEET_ALLOCATOR_HTTP_HOST', port: 'VFLEET_ALLOCATOR_HTTP_PORT' },
  inventory: { host: 'VFLEET_INVENTORY_HTTP_HOST', port: 'VFLEET_INVENTORY_HTTP_PORT' },
  migrator: { host: 'VFLEET_MIGRATOR_HTTP_HOST', port: 'VFLEET_MIGRATOR_HTTP_PORT' },
  dashboard: { host: 'VFLEET_DASHBOARD_HTTP_HOST', port: 'VFLEET_DASHBOARD_HTTP_PORT' },
} as const;

export const watchingSettings = (service: keyof typeof ENDPOINTS): Settings<WatchingConfig> => ({
  logLevel: oneOf('VFLEET_LOG_LEVEL', LOG_LEVELS, 'info'),
  httpHost: text(ENDPOINTS[service].host, '127.0.0.1'),
  httpPort: portIfAny(ENDPOINTS[service].port),
  otlpEndpoint: text('OTEL_EXPORTER_OTLP_ENDPOINT', ''),
  traceRatio: part('VFLEET_TRACE_RATIO', 1),
  commit: text('VFLEET_COMMIT', ''),
});

export const serviceSettings = (service: keyof typeof ENDPOINTS): Settings<ServiceConfig> => ({
  natsUrl: url('VFLEET_NATS_URL', ['nats', 'tls']),
  natsIdentity: text('VFLEET_NATS_IDENTITY', ''),
  pgUrl: url('VFLEET_PG_URL', ['postgres', 'postgresql']),
  ...watchingSettings(service),
});

/** NATS takes no more. */
const MAX_REPLICAS = 5;

export const streamsSettings: Settings<StreamsConfig> = {
  streamReplicas: wholeNumber('VFLEET_STREAM_REPLICAS', 1, 1, MAX_REPLICAS),
};

/** What a service needs to know that may answer tenants. */
export interface TenantsConfig {
  /** Whether it does: only on a bus that keeps each in an account of its own. */
  readonly tenants: boolean;
}

export const tenantsSettings: Settings<TenantsConfig> = {
  tenants: {
    variable: 'VFLEET_TENANTS',
    fallback: false,
    parse: (value) => (value === 'true' ? true : value === 'false' ? false : undefined),
    form: 'true or false',
  },
};
