/**
 * Completes package-lock.json after `npm install`.
 *
 * npm leaves an optional package out of the lock when its registry cannot serve it (a mirror that lacks packages for
 * other platforms), and then `npm ci` refuses the lock as incomplete. This adds an entry for each that is missing:
 * its version, and the platforms it is for, by which npm knows that it need not be installed here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '../package-lock.json');

const SYSTEMS = {
  darwin: 'darwin',
  macos: 'darwin',
  win32: 'win32',
  windows: 'win32',
  freebsd: 'freebsd',
  openbsd: 'openbsd',
  netbsd: 'netbsd',
  android: 'android',
  openharmony: 'openharmony',
  sunos: 'sunos',
  aix: 'aix',
};
const PROCESSORS = ['arm64', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32'];

/** Reads the platform from a name such as `@swc/core-linux-arm64-musl`. */
const platformOf = (name) => {
  const parts = name.split(/[/_.-]/);
  const system = parts.map((part) => SYSTEMS[part]).find(Boolean) ?? 'linux';
  const processor = parts.find((part) => PROCESSORS.includes(part)) ?? (parts.some((part) => part.startsWith('arm')) ? 'arm' : undefined);
  const musl = parts.some((part) => part.startsWith('musl'));
  const gnu = system === 'linux' && parts.some((part) => part.startsWith('gnu'));
  return { cpu: [processor], libc: [musl ? 'musl' : 'glibc'], os: [system], knowsLibc: musl || gnu };
};

/** Keys in npm's own order, so that its next write changes nothing. */
const entryOf = (name, version, dev) => {
  const { cpu, libc, os, knowsLibc } = platformOf(name);
  return { version, ...(cpu[0] && { cpu }), ...(dev && { dev }), ...(knowsLibc && { libc }), optional: true, os };
};

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {}, dev }]) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => !lock.packages[`node_modules/${name}`] && !lock.packages[`${path}/node_modules/${name}`])
    .map(([name, range]) => [`node_modules/${name}`, entryOf(name, range.replace(/^[~^]/, ''), dev)]),
);
for (const [path, entry] of missing) lock.packages[path] ??= entry;
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([one], [other]) => one.localeCompare(other, 'en')));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${missing.length} entries added to package-lock.json\n`);
