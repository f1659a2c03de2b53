import { readFileSync } from 'node:fs';

/** The agent's version, as its package has it. */
export const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string };
