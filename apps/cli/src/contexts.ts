import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import type { Environment } from './config.js';
import { UsageError } from './exit-codes.js';

/** A server, and as whom to speak to it. Paths are absolute. */
export interface Context {
  readonly server: string;
  /** A NATS credentials file. */
  readonly creds?: string;
  readonly user?: string;
  readonly password?: string;
  /** PEM files: whose certificates are trusted, and the client's own. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly inboxPrefix?: string;
  /** Address of the dashboard. */
  readonly dashboard?: string;
}

/** What the file of contexts holds. */
export interface Contexts {
  readonly current?: string;
  readonly contexts: Readonly<Record<string, Context>>;
}

/** `$XDG_CONFIG_HOME/vfleet/contexts.yaml`, by default below `~/.config`. */
export const contextsFile = (environment: Environment): string => {
  const home = environment['XDG_CONFIG_HOME'] || path.join(environment['HOME'] || os.homedir(), '.config');
  return path.join(home, 'vfleet', 'contexts.yaml');
};

export const CONTEXT_KEYS = ['server', 'creds', 'user', 'password', 'ca', 'cert', 'key', 'inboxPrefix', 'dashboard'] as const;

/** None where there is no file. @throws UsageError for a file that is none, and names what is wrong */
export const readContexts = (environment: Environment): Contexts => {
  const file = contextsFile(environment);
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { contexts: {} };
    throw new UsageError(`the contexts in ${file} cannot be read (${(error as NodeJS.ErrnoException).code}); make the file yours, mode 0600`);
  }
  return checked(file, parsed(file, text));
};

const parsed = (file: string, text: string): unknown => {
  try {
    return parse(text);
  } catch (error) {
    throw new UsageError(`${file} is no YAML: ${(error as Error).message}`);
  }
};

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const checked = (file: string, value: unknown): Contexts => {
  const { current, contexts = {}, ...rest } = isMapping(value) ? value : {};
  if (!isMapping(contexts)) throw new UsageError(`contexts in ${file} must be a mapping of names`);
  if (current !== undefined && typeof current !== 'string') throw new UsageError(`current in ${file} must be the name of a context`);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new UsageError(`${unknown} in ${file} is not known; it holds current and contexts`);
  for (const [name, context] of Object.entries(contexts)) checkContext(`contexts.${name} in ${file}`, context);
  return { ...(current !== undefined && { current }), contexts: contexts as Contexts['contexts'] };
};

const checkContext = (where: string, context: unknown): void => {
  if (!isMapping(context) || typeof context['server'] !== 'string') throw new UsageError(`${where} must say server: nats://host:4222`);
  for (const [key, value] of Object.entries(context)) {
    if (!(CONTEXT_KEYS as readonly string[]).includes(key)) throw new UsageError(`${key} of ${where} is not known; write ${CONTEXT_KEYS.join(', ')}`);
    if (typeof value !== 'string') throw new UsageError(`${key} of ${where} must be text`);
  }
};

/** Written beside and put in place in one step, readable for its owner only: it may hold passwords. */
export const writeContexts = (environment: Environment, contexts: Contexts): void => {
  const file = contextsFile(environment);
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}`;
  fs.writeFileSync(beside, stringify(contexts), { mode: 0o600 });
  fs.renameSync(beside, file);
};

/** @throws UsageError where there is none of that name */
export const contextNamed = (name: string, environment: Environment): Context => {
  const { contexts } = readContexts(environment);
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (context) return context;
  const known = Object.keys(contexts).join(', ') || 'none';
  throw new UsageError(`there is no context ${name} (known: ${known}); make it with vfleet context set ${name} --server nats://host:4222`);
};
