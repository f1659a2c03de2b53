/**
 * Mutation controls: takes one guard out at a time and demands that a spec fails. `npm run test:mutations` tries all
 * of them; `--pure` only those that need no servers; further arguments are words that a rule's name must hold.
 * A mutant counts as found when a test fails; one that does not run, or only hangs, proves nothing. Exits 1 and names
 * survivors, mutants that proved nothing, and mutations, also of those not tried, whose text is no longer in its file.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { MUTATIONS } from './mutations/index.mjs';
import { runSpecs } from './mutations/run-specs.mjs';

const ROOT = path.resolve(import.meta.dirname, '..');
const SOURCES = ['libs', 'apps', 'jest.config.mjs', 'tsconfig.base.json', 'package.json'];
const isPure = ({ specs }) => specs.every((spec) => spec.endsWith('.spec.ts'));

/** The sources in a folder of their own: a mutant must not be where somebody works. Modules are those of the checkout. */
const copySources = (folder) => {
  const filter = (source) => !['node_modules', 'dist'].includes(path.basename(source));
  for (const name of SOURCES) fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true, filter });
  for (const within of ['', ...fs.readdirSync(path.join(ROOT, 'apps')).map((app) => `apps/${app}`)]) {
    const modules = path.join(ROOT, within, 'node_modules');
    if (fs.existsSync(modules)) fs.symlinkSync(modules, path.join(folder, within, 'node_modules'));
  }
};

/** Whether a mutation's text stands in its file just once. */
const isThere = (folder, { file, find }) => {
  const target = path.join(folder, file);
  return fs.existsSync(target) && fs.readFileSync(target, 'utf8').split(find).length === 2;
};

/** Runs the work on the mutated file, and puts the file back. Undefined when the text is not there, or not just once. */
const mutated = async (folder, mutation, work) => {
  if (!isThere(folder, mutation)) return undefined;
  const { file, find, replace } = mutation;
  const target = path.join(folder, file);
  const text = fs.readFileSync(target, 'utf8');
  fs.writeFileSync(
    target,
    text.replace(find, () => replace),
  );
  try {
    return await work();
  } finally {
    fs.writeFileSync(target, text);
  }
};

const judge = (result) => {
  if (!result) return 'NO LONGER THERE';
  if (result.failed.length > 0) return 'found';
  if (!result.ran) return 'DOES NOT RUN';
  return result.hung ? 'HANGS' : 'SURVIVED';
};

const tryOne = async (folder, mutation) => {
  const start = performance.now();
  const result = await mutated(folder, mutation, () => runSpecs({ root: ROOT, folder, ...mutation, pure: isPure(mutation) }));
  const row = { ...mutation, verdict: judge(result), by: result?.failed[0] ?? '', seconds: (performance.now() - start) / 1_000 };
  process.stdout.write(`| ${row.rule} | ${row.mutant} | ${row.verdict === 'found' ? row.by : row.verdict} | ${row.seconds.toFixed(1)} |\n`);
  if (row.verdict !== 'found' && result) process.stderr.write(result.said);
  return row;
};

const controls = async (folder, mutations) => {
  copySources(folder);
  const specs = [...new Set(mutations.flatMap((mutation) => mutation.specs))];
  const untouched = await runSpecs({ root: ROOT, folder, specs, pure: mutations.every(isPure) });
  if (!untouched.ran || untouched.failed.length > 0) throw new Error(`without a mutation ${untouched.failed[0] ?? untouched.said}`);

  process.stdout.write('| rule | mutant | spec that found it | seconds |\n| --- | --- | --- | --- |\n');
  const rows = [];
  for (const mutation of mutations) rows.push(await tryOne(folder, mutation));
  return rows.filter(({ verdict }) => verdict !== 'found');
};

const given = process.argv.slice(2);
const unknown = given.find((word) => word.startsWith('-') && word !== '--pure');
if (unknown !== undefined) {
  const usage = 'usage: mutation-controls [--pure] [words that the name of a rule must hold]\n';
  process.stderr.write(unknown === '--help' ? usage : `mutation-controls: there is no ${unknown}\n${usage}`);
  process.exit(unknown === '--help' ? 0 : 64);
}
const words = given.filter((word) => word !== '--pure');
const wanted = MUTATIONS.filter((one) => (!given.includes('--pure') || isPure(one)) && words.every((word) => one.rule.includes(word)));
const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'vfleet-mutants-'));
try {
  const gone = MUTATIONS.filter((one) => !wanted.includes(one) && !isThere(ROOT, one)).map((one) => ({ ...one, verdict: judge(undefined) }));
  const faults = [...gone, ...(await controls(folder, wanted))];
  for (const { rule, mutant, file, verdict } of faults) console.error(`mutation control: ${verdict}: ${rule} (${mutant}), ${file}`);
  console.log(`mutation controls: ${wanted.length - faults.length + gone.length} of ${wanted.length} found`);
  process.exitCode = faults.length === 0 && wanted.length > 0 ? 0 : 1;
} catch (error) {
  console.error(`mutation control: ${error.message}`);
  process.exitCode = 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
