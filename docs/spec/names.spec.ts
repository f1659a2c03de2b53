import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { API, EVENTS } from '@vfleet/contracts';
import { allPages, isThere, ROOT, type Page } from './pages.js';

/** Told of what was as well. */
const HISTORY = 'CHANGELOG.md';
const pages = allPages().filter(({ path }) => path !== HISTORY);

const foundIn = (pattern: RegExp, { text }: Page): readonly string[] => [...text.matchAll(pattern)].map(([all, part]) => part ?? all);
const unknown = (pattern: RegExp, isKnown: (name: string, page: Page) => boolean): readonly string[] =>
  pages.flatMap((page) =>
    foundIn(pattern, page)
      .filter((name) => !isKnown(name, page))
      .map((name) => `${page.path}: ${name}`),
  );

const sourcesBelow = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist'].includes(entry.name)) return [];
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sourcesBelow(path);
    return /\.(?:ts|tsx|mjs)$/.test(entry.name) ? [path] : [];
  });

const scriptsIn = (folder: string): object => {
  const manifest = join(folder, 'package.json');
  return isThere(manifest) ? ((JSON.parse(readFileSync(join(ROOT, manifest), 'utf8')) as { scripts?: object }).scripts ?? {}) : {};
};

/** The names that the agent's keys have in the environment are made, and compared with the configuration's own page. */
const isMade = (variable: string): boolean => variable.startsWith('VFLEET_AGENT_');

/** What is built stands there before as its source. */
const isBuiltOrThere = (path: string): boolean =>
  isThere(path) || [path.replace('/dist/', '/src/'), path.replace('/dist/', '/')].some((source) => isThere(source.replace(/\.js$/, '.ts')));

describe('what the pages name is there:', () => {
  it('npm scripts, of the whole or of the package that the page is in', () => {
    const isScript = (name: string, { path }: Page): boolean => Object.hasOwn({ ...scriptsIn('.'), ...scriptsIn(dirname(path)) }, name);
    expect(unknown(/\bnpm run (?:-s |--silent )?([a-z:]+)/g, isScript)).toEqual([]);
  });

  it('variables', () => {
    const sources = ['apps', 'libs', 'scripts', 'bench', 'faults']
      .flatMap(sourcesBelow)
      .map((file) => readFileSync(join(ROOT, file), 'utf8'))
      .join('\n');
    expect(unknown(/\bVFLEET_[A-Z_]*[A-Z]\b/g, (name) => isMade(name) || sources.includes(name))).toEqual([]);
  });

  it('requests', () => {
    expect(unknown(/\bvfleet\.api\.([a-z]+\.[a-zA-Z]+)\b/g, (name) => name in API)).toEqual([]);
  });

  it('events', () => {
    expect(unknown(/\bvfleet\.evt\.[^\s`']*\.([A-Z][A-Za-z]+)\b/g, (name) => name in EVENTS)).toEqual([]);
  });

  it('programs that node runs', () => {
    expect(unknown(/\bnode ((?:apps|bench|faults|libs|scripts|examples)\/[\w./-]+\.m?js)\b/g, isBuiltOrThere)).toEqual([]);
  });
});
