import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where Node finds a package from a folder: in the nearest `node_modules` that has it. */
const findPackage = (name: string, from: string): string | undefined => {
  const folder = join(from, 'node_modules', name);
  if (existsSync(join(folder, 'package.json'))) return realpathSync(folder);
  return dirname(from) === from ? undefined : findPackage(name, dirname(from));
};

/** Real folders, by name, of all packages that one depends on, through others too; what is optional and not there is left out. */
export const packagesBelow = (folder: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  const visit = (from: string): void => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as { readonly dependencies?: object };
    for (const name of Object.keys(dependencies)) {
      const there = findPackage(name, from);
      if (there === undefined || found.has(name)) continue;
      found.set(name, there);
      visit(there);
    }
  };
  visit(folder);
  return found;
};
