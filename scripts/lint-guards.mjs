/**
 * Proves that the linter can fail: plants one offence of each kind in a temporary folder and sees each refused by its
 * rule, sees what is permitted pass, and sees the offences pass once the rules are off (so that it is the rule that
 * refuses them). Exits 1 and names what slipped through.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { OFFENCES, PERMITTED } from './lint/offences.mjs';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');
const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'vfleet-lint-'));

const TSCONFIG = { extends: './tsconfig.base.json', compilerOptions: { composite: false, noEmit: true, types: [] }, include: ['apps', 'libs'] };

const plant = (name, text) => {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
};

const run = (tool, ...args) => spawnSync(path.join(root, 'node_modules/.bin', tool), args, { cwd: folder, encoding: 'utf8' });

/** Which rules refused each planted file. */
const lint = (...options) => {
  const { stdout, stderr } = run('oxlint', '--type-aware', '--format=json', ...options, 'apps', 'libs');
  const start = stdout.indexOf('{');
  if (start < 0) throw new Error(`the linter said nothing that can be read: ${stdout}${stderr}`);
  const refused = new Map();
  for (const { filename, code } of JSON.parse(stdout.slice(start)).diagnostics) refused.set(filename, [...(refused.get(filename) ?? []), code]);
  return refused;
};

const check = () => {
  for (const name of ['.oxlintrc.json', '.oxfmtrc.json', 'tsconfig.base.json', 'scripts/lint'])
    fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const part of ['', 'apps/', 'libs/'])
    for (const name of part === '' ? [''] : fs.readdirSync(path.join(root, part))) {
      const manifest = path.join(part, name, 'package.json');
      if (fs.existsSync(path.join(root, manifest))) plant(manifest, fs.readFileSync(path.join(root, manifest)));
    }
  plant('tsconfig.json', JSON.stringify(TSCONFIG));
  for (const { file, text } of [...OFFENCES, ...PERMITTED]) plant(file, text);

  const faults = [];
  const refused = lint();
  for (const { file, rule } of OFFENCES) if (!refused.get(file)?.includes(rule)) faults.push(`${file} is not refused by ${rule}`);
  for (const { file } of PERMITTED) for (const code of refused.get(file) ?? []) faults.push(`${file} is refused by ${code} and should pass`);

  plant('off.json', JSON.stringify({ plugins: [], categories: { correctness: 'off' } }));
  const off = lint('--config=off.json');
  for (const { file, rule } of OFFENCES) if (off.get(file)?.includes(rule)) faults.push(`${file} is refused by ${rule} although it is off`);

  plant('badly-formatted.ts', 'export const x  =  "double"\n');
  if (run('oxfmt', '--check', 'badly-formatted.ts').status === 0) faults.push('a badly formatted file passes');
  plant('well-formatted.ts', "export const x = 'single';\n");
  if (run('oxfmt', '--check', 'well-formatted.ts').status !== 0) faults.push('a well formatted file is refused');
  return faults;
};

try {
  const faults = check();
  for (const fault of faults) console.error(`lint guard: ${fault}`);
  if (faults.length === 0) console.log(`lint guards: ${OFFENCES.length} offences refused, ${PERMITTED.length} permitted`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
