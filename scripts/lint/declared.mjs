import fs from 'node:fs';
import path from 'node:path';
import { isSpec } from './directions.mjs';

/** Code that only specs use: it is built with its package, and so has to be declared, but not for those who run it. */
const isForSpecs = (file) => isSpec(file) || /\/testing(\/|\.ts$)/.test(file) || /(^|\/)libs\/testing\//.test(file);

/** A page is bundled with all that it is made of, and needs none of it where it runs. */
const isBundled = (file) => /(^|\/)apps\/[^/]+\/web\/src\//.test(file);

const manifests = new Map();
const manifestIn = (folder) => {
  if (!manifests.has(folder)) {
    const file = path.join(folder, 'package.json');
    manifests.set(folder, fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined);
  }
  return manifests.get(folder);
};

const nameOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** What `testing` itself is built on: to declare it would make a circle. Specs are no part of a build and need no order. */
const BELOW_TESTING = new Set(['@vfleet/contracts', '@vfleet/embedded', '@vfleet/pci']);

/** The folder of a file's package, and that of the whole: `apps/x`, `apps/x/web`, `libs/y`, `bench`, `faults` or `simulation` of a checkout. */
const packageOf = (file) => {
  const [, root, folder] = /^(.*?)((?:apps|libs)\/[^/]+(?:\/(?!src\/)[^/]+)?|bench|faults|simulation)\/src\//.exec(file) ?? [];
  return folder && { root: root || '.', folder: path.join(root, folder) };
};

/**
 * The sentence that refuses an import which the file's package does not declare, or undefined. A package that is not declared is
 * there by chance, and built before by chance. What all specs are written with stands in the package of the whole.
 */
export const undeclared = (filename, specifier) => {
  const file = filename.replaceAll('\\', '/');
  const found = packageOf(file);
  const manifest = found && manifestIn(found.folder);
  if (!manifest || /^(\.|node:|#)/.test(specifier)) return undefined;
  const name = nameOf(specifier);
  if (name === manifest.name || manifest.dependencies?.[name] || manifest.peerDependencies?.[name]) return undefined;
  if (!isForSpecs(file) && !isBundled(file)) return `${name} is no dependency of ${manifest.name}: its package.json has to say so`;
  if (manifest.devDependencies?.[name]) return undefined;
  if (name === '@vfleet/testing' && isSpec(file) && BELOW_TESTING.has(manifest.name)) return undefined;
  if (!name.startsWith('@vfleet/') && manifestIn(found.root)?.devDependencies?.[name]) return undefined;
  return `${name} is no devDependency of ${manifest.name}: its package.json has to say so`;
};
