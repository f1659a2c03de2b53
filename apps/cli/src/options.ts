import fs from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { VfleetClient, type ClientOptions } from '@vfleet/client';
import { serverOf, type Addressed } from './config.js';
import type { Context } from './contexts.js';
import { UsageError } from './exit-codes.js';
import { FORMATS, type Format } from './render/format.js';
import type { Terminal } from './terminal.js';

/** What every command takes. */
export interface CommonOptions extends Addressed {
  readonly output: Format;
  /** Seconds. */
  readonly timeout: number;
}

const DEFAULT_TIMEOUT_SECONDS = 10;

export const withCommonOptions = (command: Command): Command =>
  command
    .option('-s, --server <url>', 'NATS server, nats://user:password@host:4222 (else a context, VFLEET_NATS_URL, the local system)')
    .option('-c, --context <name>', 'a server with its credentials, as vfleet context ls shows them (else VFLEET_CONTEXT)')
    .addOption(new Option('-o, --output <format>', 'how to print').choices([...FORMATS]).default('table'))
    .option('--timeout <seconds>', 'how long to wait for an answer', positiveNumber, DEFAULT_TIMEOUT_SECONDS);

/** Connects, does the work, and disconnects whatever happens. */
export const withClient = async <T>(
  command: Command,
  terminal: Terminal,
  work: (client: VfleetClient, options: CommonOptions) => Promise<T>,
): Promise<T> => {
  const options = command.optsWithGlobals<CommonOptions>();
  const client = await connectTo(serverOf(options, terminal.environment), options.timeout * 1000);
  try {
    return await work(client, options);
  } finally {
    await client.close();
  }
};

/** @throws UsageError for a credentials file that cannot be read, and as the client's `connect` */
export const connectTo = (context: Context, timeoutMs: number): Promise<VfleetClient> => {
  const { server, creds, user, password, ca, cert, key, inboxPrefix } = context;
  const tls = { ...(ca !== undefined && { caFile: ca }), ...(cert !== undefined && { certFile: cert }), ...(key !== undefined && { keyFile: key }) };
  const options: ClientOptions = {
    url: server,
    name: 'vfleet-cli',
    timeoutMs,
    ...(creds !== undefined && { credentials: readFile('creds', creds) }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(inboxPrefix !== undefined && { inboxPrefix }),
  };
  return VfleetClient.connect(options);
};

/** @throws UsageError that names what the file is for */
export const readFile = (what: string, file: string): Buffer => {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new UsageError(`${what} ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
};

export const positiveNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
};

export const wholeNumber = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
};

export const wholeNumbers = (text: string): readonly number[] => text.split(',').map((part) => wholeNumber(part.trim()));

/** Collects what an option says each time that it is given. */
export const collect = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text];
