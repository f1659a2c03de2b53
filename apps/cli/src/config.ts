import fs from 'node:fs';
import path from 'node:path';
import { parseNatsUrl, unavailable } from '@vfleet/contracts';
import { UsageError } from './exit-codes.js';

/** The environment of the command line; nothing else reads it. */
export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_DATA_DIR = '.vfleet';

/**
 * The NATS server to speak to: `--server`, else `VFLEET_NATS_URL`, else what a local system wrote into its `endpoints.json`.
 * @throws UsageError for an address that is none, ApiError 503 where no server is known
 */
export const serverUrl = (given: string | undefined, environment: Environment): string => {
  const said = given ?? (environment['VFLEET_NATS_URL'] || undefined);
  if (said === undefined) return localUrl(environment['VFLEET_DATA_DIR'] || DEFAULT_DATA_DIR);
  try {
    parseNatsUrl(said);
  } catch {
    throw new UsageError(`--server ${said} is no address of a NATS server; write it as nats://host:4222`);
  }
  return said;
};

const localUrl = (folder: string): string => {
  const file = path.resolve(folder, 'endpoints.json');
  const how = 'say --server nats://host:4222, set VFLEET_NATS_URL, or start a local system with npm start';
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw unavailable(`no server is known, for ${file} cannot be read (${(error as NodeJS.ErrnoException).code}); ${how}`);
  }
  const { natsUrl } = parseObject(text);
  if (typeof natsUrl !== 'string') throw unavailable(`${file} names no natsUrl; ${how}`);
  return natsUrl;
};

const parseObject = (text: string): { readonly natsUrl?: unknown } => {
  try {
    return (JSON.parse(text) ?? {}) as { readonly natsUrl?: unknown };
  } catch {
    return {};
  }
};
