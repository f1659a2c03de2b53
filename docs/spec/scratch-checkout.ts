import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { aFolder } from '@vfleet/testing';
import { ROOT } from './pages.js';

/** What a checkout does not show: its own are its data, and what is fetched stays where it is. */
const NOT_SHOWN = new Set(['.vfleet', '.git', '.nx']);

/** A folder in which commands find the checkout as they do at its root, and write their data beside it. */
export interface ScratchCheckout {
  readonly folder: string;
  /** Local ports are free ones; of the machine's own settings only those remain that say where programs are. */
  readonly environment: NodeJS.ProcessEnv;
}

/** The `nats` tool where there is one, else one that knows as much of it as the pages use. */
const standInNats = (folder: string): string => {
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  const program = join(import.meta.dirname, 'stand-in-nats.mjs');
  writeFileSync(join(programs, 'nats'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, { mode: 0o755 });
  return programs;
};

const VFLEET_OR_NPM = /^(VFLEET_|npm_|NODE_OPTIONS$|NATS_)/i;

export const aScratchCheckout = (): ScratchCheckout => {
  const own = aFolder('checkout');
  const folder = join(own, 'vfleet');
  mkdirSync(folder);
  for (const name of readdirSync(ROOT)) if (!NOT_SHOWN.has(name)) symlinkSync(join(ROOT, name), join(folder, name));
  const kept = Object.entries(process.env).filter(([name]) => !VFLEET_OR_NPM.test(name));
  const PATH = [process.env['PATH'], standInNats(own)].join(delimiter);
  const settings = { VFLEET_HTTP_PORT: '0', VFLEET_NATS_PORT: '0', NO_COLOR: '1', npm_config_loglevel: 'error', npm_config_update_notifier: 'false' };
  return { folder, environment: { ...Object.fromEntries(kept), ...settings, PATH } };
};

/** A command with the addresses of the system that runs in a checkout, in the places of those that one has by default. */
export const withItsPorts = (command: string, { folder }: ScratchCheckout): string => {
  const file = join(folder, '.vfleet/endpoints.json');
  if (!existsSync(file)) return command;
  const { httpUrl, natsUrl } = JSON.parse(readFileSync(file, 'utf8')) as { readonly httpUrl: string; readonly natsUrl: string };
  return command.replaceAll('127.0.0.1:8080', new URL(httpUrl).host).replaceAll('127.0.0.1:4222', new URL(natsUrl).host);
};
