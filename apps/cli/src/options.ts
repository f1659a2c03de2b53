import { InvalidArgumentError, Option, type Command } from 'commander';
import { VfleetClient } from '@vfleet/client';
import { serverUrl } from './config.js';
import { FORMATS, type Format } from './render/format.js';
import type { Terminal } from './terminal.js';

/** What every command takes. */
export interface CommonOptions {
  readonly server?: string;
  readonly output: Format;
  /** Seconds. */
  readonly timeout: number;
}

const DEFAULT_TIMEOUT_SECONDS = 10;

export const withCommonOptions = (command: Command): Command =>
  command
    .option('-s, --server <url>', 'NATS server, nats://user:password@host:4222 (else VFLEET_NATS_URL, else the local system)')
    .addOption(new Option('-o, --output <format>', 'how to print').choices([...FORMATS]).default('table'))
    .option('--timeout <seconds>', 'how long to wait for an answer', positiveNumber, DEFAULT_TIMEOUT_SECONDS);

/** Connects, does the work, and disconnects whatever happens. */
export const withClient = async <T>(
  command: Command,
  terminal: Terminal,
  work: (client: VfleetClient, options: CommonOptions) => Promise<T>,
): Promise<T> => {
  const options = command.optsWithGlobals<CommonOptions>();
  const url = serverUrl(options.server, terminal.environment);
  const client = await VfleetClient.connect({ url, name: 'vfleet-cli', timeoutMs: options.timeout * 1000 });
  try {
    return await work(client, options);
  } finally {
    await client.close();
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
