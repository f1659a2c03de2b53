import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import type { NamedRow } from './choice.js';
import type { FaultRow } from './fault-row.js';
import { standsOnce } from './unguarded/guard.js';

const ROOT = new URL('../../', import.meta.url);
const FOLDER = new URL('rows/', import.meta.url);
/** By which a row changes what is built: texts of its own, and what other files do for it. */
const OWN_TEXT = /\bfind:/g;
const CHANGES = /\b(without|throughCrashPoints|laterVersion)\(/;

const rows: (NamedRow & { readonly source: string })[] = [];

// One after the other: Jest links modules of several imports at once into each other's way.
beforeAll(async () => {
  for (const file of readdirSync(FOLDER).sort()) {
    const name = file.slice(0, -'.ts'.length);
    const { row } = (await import(`./rows/${name}.js`)) as { row: FaultRow };
    rows.push({ name, row, source: readFileSync(new URL(file, FOLDER), 'utf8') });
  }
});

describe('what rows of the fault matrix take out of what is built', () => {
  it('stands there, and just once', () => {
    const missed = rows.flatMap(({ name, row: { guards = [] } }) =>
      guards
        .filter((guard) => !standsOnce(readFileSync(new URL(guard.file, ROOT), 'utf8'), guard))
        .map(({ file, find }) => `${name}: ${file}: ${find}`),
    );
    expect(missed).toEqual([]);
  });

  it('is named by each row that takes something out, and all of it', () => {
    const wanted = ({ source }: { readonly source: string }): number => Math.max(source.match(OWN_TEXT)?.length ?? 0, Number(CHANGES.test(source)));
    const silent = rows.filter((one) => (one.row.guards?.length ?? 0) < wanted(one));
    expect(silent.map(({ name }) => name)).toEqual([]);
    expect(rows.filter((one) => wanted(one) > 0).length).toBeGreaterThan(10);
  });
});
