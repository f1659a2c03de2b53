import fs from 'node:fs';
import path from 'node:path';
import { parseNatsUrl, unavailable } from '@vfleet/contracts';
import { contextNamed, readContexts, type Context } from './contexts.js';
import { UsageError } from './exit-codes.js';

/** The environment of the command line; nothing else reads it. */
export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_DATA_DIR = '.vfleet';

/** What a user may say about whom to speak to. */
export interface Addressed {
  readonly server?: string;
  readonly context?: string;
}

/**
 * Whom to speak to, and as whom: `--server`, `--context`, `VFLEET_CONTEXT`, `VFLEET_NATS_URL`, the context in use, and
 * at last what a local system wrote into its `endpoints.json`; the first that is said.
 * @throws UsageError for an address or a context that is none, ApiError 503 where no server is known
 */
export const serverOf = ({ server, context }: Addressed, environment: Environment): Context => {
  if (server !== undefined && context !== undefined)
    throw new UsageError('say --server or --context, not both: the credentials of a context are for its own server');
  if (server !== undefined) return { server: checkedUrl('--server', server) };
  const named = context ?? (environment['VFLEET_CONTEXT'] || undefined);
  if (named !== undefined) return contextNamed(named, environment);
  const url = environment['VFLEET_NATS_URL'];
  if (url) return { server: checkedUrl('VFLEET_NATS_URL', url) };
  const { current } = readContexts(environment);
  return current === undefined ? { server: endpointsOf(environment).natsUrl } : contextNamed(current, environment);
};

/** @throws UsageError that names where it was said */
export const checkedUrl = (where: string, url: string): string => {
  try {
    parseNatsUrl(url);
  } catch {
    throw new UsageError(`${where} ${withoutCredentials(url)} is no address of a NATS server; write it as nats://host:4222`);
  }
  return url;
};

/** For messages; what stands before the last @ may be a password, whatever it holds. */
const withoutCredentials = (url: string): string => url.replace(/^(\w+:\/\/)?.*@/s, '$1…@');

/** Where a local system keeps what it writes. */
export const dataDirectory = (environment: Environment): string => path.resolve(environment['VFLEET_DATA_DIR'] || DEFAULT_DATA_DIR);

export interface Endpoints {
  readonly natsUrl: string;
  readonly pgUrl?: string;
  readonly httpUrl?: string;
}

/** What a local system wrote when it was ready. @throws ApiError 503 where there is none */
export const endpointsOf = (environment: Environment): Endpoints => {
  const file = path.join(dataDirectory(environment), 'endpoints.json');
  const how = 'say --server nats://host:4222, set VFLEET_NATS_URL, use a context, or start a local system with npm start';
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw unavailable(`no server is known, for ${file} cannot be read (${(error as NodeJS.ErrnoException).code}); ${how}`);
  }
  const { natsUrl, pgUrl, httpUrl } = parseObject(text);
  if (typeof natsUrl !== 'string') throw unavailable(`${file} names no natsUrl; ${how}`);
  return { natsUrl, ...(typeof pgUrl === 'string' && { pgUrl }), ...(typeof httpUrl === 'string' && { httpUrl }) };
};

/**
 * The database to read: `--pg`, `VFLEET_PG_URL`, and at last that of a local system; the first that is said.
 * @throws UsageError for an address that is none, or where none is said
 */
export const postgresUrlOf = (said: string | undefined, environment: Environment): string => {
  if (said !== undefined) return checkedPostgresUrl('--pg', said);
  const url = environment['VFLEET_PG_URL'];
  if (url) return checkedPostgresUrl('VFLEET_PG_URL', url);
  const file = path.join(dataDirectory(environment), 'endpoints.json');
  const { pgUrl } = fs.existsSync(file) ? endpointsOf(environment) : {};
  if (pgUrl === undefined) throw new UsageError('no database is known; say --pg postgres://user@host/vfleet, or set VFLEET_PG_URL');
  return pgUrl;
};

const checkedPostgresUrl = (where: string, url: string): string => {
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return url;
  throw new UsageError(`${where} ${withoutCredentials(url)} is no address of a PostgreSQL server; write it as postgres://user@host/vfleet`);
};

const parseObject = (text: string): Readonly<Record<string, unknown>> => {
  try {
    return (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
};
