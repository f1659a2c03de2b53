import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The root of the checkout. */
export const ROOT = join(import.meta.dirname, '../..');

const ELSEWHERE = new Set(['node_modules', 'dist', 'fixtures', 'coverage']);

/** A page of documentation. */
export interface Page {
  /** From the root of the checkout: `docs/tutorial/first-fleet.md`. */
  readonly path: string;
  readonly text: string;
}

const markdownBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || ELSEWHERE.has(entry.name)) return [];
    if (entry.isDirectory()) return markdownBelow(join(folder, entry.name));
    return entry.name.endsWith('.md') ? [join(folder, entry.name)] : [];
  });

/** Every page of the repository, in the order of their paths. */
export const allPages = (): readonly Page[] =>
  markdownBelow(ROOT)
    .map((file) => ({ path: relative(ROOT, file), text: readFileSync(file, 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));

export const isThere = (path: string): boolean => existsSync(join(ROOT, path));
