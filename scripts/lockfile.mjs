/**
 * Looks whether package-lock.json can be trusted before anything of it is installed: `node scripts/lockfile.mjs [FILE]`. Needs no package.
 * Each package has a SHA-512 of what is to be unpacked, comes from the registry that npm is set to (none is named), and is
 * called as its folder is. Exits 1 and says what is wrong otherwise.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** 64 bytes in base64 (Subresource Integrity, as npm writes it). */
const SHA_512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const FOLDER = /^[a-z][a-z-]*(\/[a-z-]+)*$/;

/** A workspace: a folder of this checkout with a manifest. */
const isOurs = (folder) => FOLDER.test(folder) && existsSync(join(import.meta.dirname, '..', folder, 'package.json'));

const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** For other platforms only, added by `complete-lock.mjs` where a registry did not have them: npm does not unpack them here. */
const isForeign = ({ optional, os, cpu, integrity }) => optional === true && integrity === undefined && Array.isArray(os ?? cpu);

/** `strip-ansi-cjs` for `npm:strip-ansi@^6.0.1`: a package may stand under another name where a dependent asks for it so. */
const isAlias = (packages, alias, name) =>
  packages.some(([, { dependencies, optionalDependencies, devDependencies }]) =>
    [dependencies, optionalDependencies, devDependencies].some((asked) => asked?.[alias]?.startsWith(`npm:${name}@`)),
  );

const faultsOf = (packages, path, entry) => {
  const { link, resolved, version = '', integrity = '', name } = entry;
  if (link) return isOurs(resolved) ? [] : [`links to ${resolved}, which is no folder of ours`];
  if (!path.includes('node_modules/')) return path === '' || isOurs(path) ? [] : ['is no folder of ours'];
  return [
    ...(resolved === undefined ? [] : [`comes from ${resolved}; no registry may be named`]),
    ...(EXACT.test(version) ? [] : [`has no exact version, but ${version || 'none'}`]),
    ...(SHA_512.test(integrity) || isForeign(entry) ? [] : ['has no SHA-512']),
    ...(name === undefined || name === nameOf(path) || isAlias(packages, nameOf(path), name) ? [] : [`is ${name} under another name`]),
  ];
};

/** One release has one content, wherever it is unpacked. */
const contradictions = (packages) => {
  const known = new Map();
  return packages.flatMap(([path, { link, version, integrity }]) => {
    if (link || integrity === undefined || !path.includes('node_modules/')) return [];
    const release = `${nameOf(path)}@${version}`;
    const other = known.get(release) ?? integrity;
    known.set(release, other);
    return other === integrity ? [] : [`${path}: ${release} stands with another SHA-512 elsewhere`];
  });
};

const file = process.argv[2] ?? join(import.meta.dirname, '../package-lock.json');
const { lockfileVersion, packages } = JSON.parse(readFileSync(file, 'utf8'));
const entries = Object.entries(packages);
const faults = [
  ...(lockfileVersion === 3 ? [] : [`lockfileVersion is ${lockfileVersion}, not 3`]),
  ...entries.flatMap(([path, entry]) => faultsOf(entries, path, entry).map((fault) => `${path}: ${fault}`)),
  ...contradictions(entries),
];
for (const fault of faults) process.stderr.write(`package-lock.json: ${fault}\n`);
process.stdout.write(`${entries.length} entries, ${faults.length} faults\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
