import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One change to a file of what is built. What is to be found stands in it exactly once. */
export interface Change {
  /** Below the root: `apps/inventory/dist/config.js`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OWN = '@vfleet';

/**
 * A second build in a folder of its own: a copy of what is built here, changed, beside the same packages of others. Its programs
 * run as this repository's do, so that two versions can be at work at once on any machine, without an earlier commit or a download.
 * @throws Error for a change that does not find its place
 */
export const anotherBuild = (folder: string, changes: readonly Change[]): string => {
  const root = join(folder, 'build');
  for (const part of ['libs', 'apps']) for (const name of readdirSync(join(ROOT, part))) copyBuilt(join(part, name), root);
  linkPackages(root);
  for (const change of changes) apply(root, change);
  return root;
};

const copyBuilt = (part: string, root: string): void => {
  for (const piece of ['dist', 'package.json'])
    if (existsSync(join(ROOT, part, piece))) cpSync(join(ROOT, part, piece), join(root, part, piece), { recursive: true });
  const nested = join(ROOT, part, 'node_modules');
  if (existsSync(nested)) symlinkSync(nested, join(root, part, 'node_modules'));
};

/** Packages of others are those of this repository; its own are the copies. */
const linkPackages = (root: string): void => {
  const packages = join(ROOT, 'node_modules');
  mkdirSync(join(root, 'node_modules', OWN), { recursive: true });
  for (const name of readdirSync(packages)) if (name !== OWN) symlinkSync(join(packages, name), join(root, 'node_modules', name));
  for (const name of readdirSync(join(packages, OWN))) {
    const copy = join(root, realpathSync(join(packages, OWN, name)).slice(realpathSync(ROOT).length + 1));
    symlinkSync(copy, join(root, 'node_modules', OWN, name));
  }
};

const apply = (root: string, { file, find, replace }: Change): void => {
  const text = readFileSync(join(root, file), 'utf8');
  if (text.split(find).length !== 2) throw new Error(`${file} does not hold, once, what a build of another version changes: ${find}`);
  writeFileSync(
    join(root, file),
    text.replace(find, () => replace),
  );
};
