import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The root of the checkout. */
export const ROOT = join(import.meta.dirname, '../..');

export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy: { readonly resources: { readonly limits: { readonly cpus: string; readonly memory: string } } };
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>;
  readonly volumes: Readonly<Record<string, null>>;
}

const TEXT = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');

export const compose = (): Compose => parse(TEXT, { merge: true }) as Compose;

/** The variables that the file takes from `.env`. */
export const variablesOfCompose = (): readonly string[] => [...new Set([...TEXT.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name = '']) => name))];

/** As Compose does it: `${NAME:?…}` is a variable, `$$` a dollar. */
export const interpolated = (text: string, variables: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\$|\$\{([A-Z0-9_]+)[^}]*\}/g, (found, name: string) => (found === '$$' ? '$' : (variables[name] ?? '')));

/** The image of our own programs; the others are of PostgreSQL and NATS. */
export const OUR_IMAGE = 'vfleet';
