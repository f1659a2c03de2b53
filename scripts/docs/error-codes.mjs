import fs from 'node:fs';
import path from 'node:path';

/** Where the code says a code that somebody outside can see. */
const SAID = [
  /\bcode: '([A-Z][A-Z_]{3,})'/g,
  /new (?:ApiError\(\d{3}, |UnacceptableFact\()'([A-Z][A-Z_]{3,})'/g,
  /\bconflict\('([A-Z][A-Z_]{3,})'/g,
  // Closed sets of the laws: a type that lists them.
  /^\s*\| '([A-Z][A-Z_]{3,})'$/gm,
];

/** Servers that are started and their faults: told to whoever starts them, never on the bus. */
const INSIDE = ['libs/embedded', 'apps/all-in-one', 'libs/testing', 'libs/journal'];

const sources = (folder) =>
  fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('spec.ts'))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));

/** Codes that the sources say and the page does not. */
export const untoldCodes = (root, page) => {
  const folders = ['apps', 'libs'].flatMap((kind) => fs.readdirSync(path.join(root, kind)).map((name) => `${kind}/${name}`));
  const files = folders
    .filter((folder) => !INSIDE.includes(folder) && fs.existsSync(path.join(root, folder, 'src')))
    .flatMap((folder) => sources(path.join(root, folder, 'src')));
  const said = new Set(
    files.flatMap((file) => SAID.flatMap((pattern) => [...fs.readFileSync(file, 'utf8').matchAll(pattern)].map(([, code]) => code))),
  );
  return [...said].filter((code) => !page.includes(`\`${code}\``));
};
