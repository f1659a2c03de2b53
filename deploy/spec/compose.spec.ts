import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aFolder } from '@vfleet/testing';
import { allocatorSettings } from '../../apps/allocator/src/config.js';
import { dashboardSettings } from '../../apps/dashboard/src/config.js';
import { inventorySettings } from '../../apps/inventory/src/config.js';
import { migratorSettings } from '../../apps/migrator/src/config.js';
import { compose, OUR_IMAGE, ROOT, variablesOfCompose, type ComposeService } from './compose.js';

const { services, secrets, volumes } = compose();
const named = Object.entries(services);
const ours = named.filter(([, { image }]) => image === OUR_IMAGE);
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** What is built stands in the checkout as its source. */
const sourceOf = (path: string): string => path.replace('/dist/', '/src/').replace(/^(.*\/src\/.*)\.js$/, '$1.ts');

const READ = { allocator: allocatorSettings, inventory: inventorySettings, migrator: migratorSettings, dashboard: dashboardSettings };
const SIMULATION = ['VFLEET_NATS_URL', 'VFLEET_SIM_HOSTS', 'VFLEET_SIM_HOSTS_ARE_USERS', 'VFLEET_SIM_STATE_DIR'];
const known = (name: string): readonly string[] =>
  name in READ ? Object.values(READ[name as keyof typeof READ]).map(({ variable }) => variable) : SIMULATION;

const folderOf = (volume: string): string => volume.split(':')[0] ?? '';

describe('docker-compose.yml', () => {
  it('runs the servers, the services, the dashboard and hosts', () => {
    expect(Object.keys(services).sort()).toEqual([
      'allocator',
      'dashboard',
      'data-folders',
      'inventory',
      'migrator',
      'nats',
      'postgres',
      'simulated-hosts',
    ]);
  });

  it.each(ours)('runs a program for %s that is built from the checkout', (_, { command }) => {
    expect(existsSync(join(ROOT, sourceOf(command?.[0] ?? '')))).toBe(true);
  });

  it.each(ours)('gives %s variables that it reads', (name, { environment = {} }) => {
    expect(Object.keys(environment).filter((variable) => !known(name).includes(variable))).toEqual([]);
  });

  it.each(named)('keeps %s from being root, from writing to its image, and within bounds', (name, service: ComposeService) => {
    const { user, read_only: readOnly, cap_drop: dropped, deploy } = service;
    expect(dropped).toEqual(['ALL']);
    expect(Number(deploy.resources.limits.cpus)).toBeGreaterThan(0);
    expect(deploy.resources.limits.memory).toMatch(/^\d+[mg]$/);
    if (name === 'data-folders') return;
    expect(user).toMatch(/^(?:node|postgres|1000:1000)$/);
    expect(readOnly).toBe(true);
  });

  it.each(named.filter(([name]) => name !== 'data-folders'))('looks after the health of %s', (_, { healthcheck }) => {
    const [how, program, file] = healthcheck?.test ?? [];
    expect(how).toBe('CMD');
    if (program === 'node') expect(existsSync(join(ROOT, file ?? ''))).toBe(true);
  });

  it.each(named)('lets %s wait for what is there, and is looked after', (_, { depends_on: before = {} }) => {
    for (const [name, { condition }] of Object.entries(before)) {
      expect(services).toHaveProperty(name);
      if (condition === 'service_healthy') expect(services[name]?.healthcheck).toBeDefined();
    }
  });

  it.each(named)('mounts for %s what is in the checkout, or a volume that it declares', (_, { volumes: mounted = [] }) => {
    for (const volume of mounted) {
      if (volume.startsWith('./')) expect(existsSync(join(ROOT, folderOf(volume)))).toBe(true);
      else expect(Object.keys(volumes)).toContain(folderOf(volume));
    }
  });

  it('publishes ports on loopback only', () => {
    for (const port of named.flatMap(([, { ports = [] }]) => ports)) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('holds no password: each comes from a file that make-secrets.sh writes', () => {
    const written = text('deploy/make-secrets.sh');
    const wanted = [...variablesOfCompose(), ...Object.values(secrets).map(({ environment }) => environment)];
    expect(wanted.filter((name) => !written.includes(name))).toEqual([]);
    const said = named.flatMap(([, { environment = {} }]) => Object.entries(environment)).filter(([name]) => /PASSWORD|_URL$/.test(name));
    expect(said.filter(([, value]) => !value.includes('${'))).toEqual([]);
  });

  it('has a later version’s passwords added to those that an earlier one has made', () => {
    const file = join(aFolder('secrets'), '.env');
    writeFileSync(file, 'VFLEET_PG_PASSWORD=pKept\n', { mode: 0o600 });
    const made = (): string => {
      spawnSync('sh', [join(ROOT, 'deploy/make-secrets.sh'), file]);
      return readFileSync(file, 'utf8');
    };
    const names = made().match(/^VFLEET_\w+(?==.)/gm) ?? [];
    expect([...names].sort()).toEqual([...new Set([...variablesOfCompose(), 'VFLEET_DASHBOARD_TOKEN'])].sort());
    expect(made()).toMatch(/^VFLEET_PG_PASSWORD=pKept$/m);
    expect(made()).toBe(made());
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('gives NATS every password that its configuration names', () => {
    const names = [...text('deploy/nats/nats-server.conf').matchAll(/\$(VFLEET_[A-Z0-9_]+)/g)].map(([, name]) => name);
    expect(Object.keys(services['nats']?.environment ?? {}).sort()).toEqual([...new Set(names)].sort());
  });
});

describe('the image', () => {
  const dockerfile = text('deploy/Dockerfile');
  const ignored = text('.dockerignore');

  it('is copied from what is in the checkout', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));
    expect(copied.length).toBeGreaterThan(1);
    expect(copied.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
  });

  it('has the workspaces of all that the services run', () => {
    const apps = new Set(ours.map(([, { command }]) => (command?.[0] ?? '').split('/')[1]));
    for (const app of apps) expect(dockerfile).toContain(`--workspace @vfleet/${app}`);
  });

  it('runs as a user that is not root, as the lock file has it, without what is of this checkout alone', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toContain('npm ci');
    for (const path of ['.env', '.git', '.vfleet', '**/node_modules']) expect(ignored.split('\n')).toContain(path);
  });
});
