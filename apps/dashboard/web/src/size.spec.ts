import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const PAGE = join(import.meta.dirname, '../dist');
const ASSETS = join(PAGE, 'assets');
const KILOBYTE = 1_000;
const MOST_SCRIPT_BYTES = 200 * KILOBYTE;
/** What the browser has to fetch before anything is drawn. */
const MOST_FIRST_BYTES = 120 * KILOBYTE;

const files = (ending: string): readonly Buffer[] => {
  if (!existsSync(ASSETS)) throw new Error('the page is not built: npm run build');
  return readdirSync(ASSETS)
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(ASSETS, name)));
};

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

describe('the built page', () => {
  it('has scripts of 200 KB at most in total, even by gzip', () => {
    const scripts = files('.js');
    expect(scripts.length).toBeGreaterThan(5);
    expect(sum(scripts.map((script) => gzipSync(script).length))).toBeLessThanOrEqual(MOST_SCRIPT_BYTES);
  });

  it('needs 120 KB of script at most to begin with', () => {
    const html = readFileSync(join(PAGE, 'index.html'), 'utf8');
    const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, name]) => readFileSync(join(PAGE, name as string)));
    expect(first.length).toBeGreaterThan(0);
    expect(sum(first.map((script) => gzipSync(script).length))).toBeLessThanOrEqual(MOST_FIRST_BYTES);
  });

  it('has nothing that the Content-Security-Policy keeps out', () => {
    const html = readFileSync(join(PAGE, 'index.html'), 'utf8');
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)|\bon[a-z]+=/);
    for (const css of files('.css')) expect(css.toString()).not.toMatch(/url\(["']?data:|@import/);
  });

  it('lies there compressed, for a server that compresses nothing', () => {
    const names = readdirSync(ASSETS).filter((name) => /\.(js|css)$/.test(name));
    for (const name of names) expect([existsSync(join(ASSETS, `${name}.br`)), existsSync(join(ASSETS, `${name}.gz`))]).toEqual([true, true]);
  });
});
