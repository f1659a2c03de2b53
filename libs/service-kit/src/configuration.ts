/** How one setting is read: its variable, what it means when absent, and how its text becomes a value. */
export interface Setting<T> {
  readonly variable: string;
  readonly fallback?: T;
  /** Undefined when the text is no value of this kind; `form` says what would be. */
  readonly parse: (text: string) => T | undefined;
  readonly form: string;
}

export type Settings<Config> = { readonly [Key in keyof Config]: Setting<Config[Key]> };

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

/** What every service needs to know. */
export interface ServiceConfig {
  readonly natsUrl: string;
  readonly pgUrl: string;
  readonly logLevel: string;
}

export const serviceSettings: Settings<ServiceConfig> = {
  natsUrl: url('VFLEET_NATS_URL', ['nats', 'tls']),
  pgUrl: url('VFLEET_PG_URL', ['postgres', 'postgresql']),
  logLevel: text('VFLEET_LOG_LEVEL', 'info'),
};
