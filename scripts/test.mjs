/**
 * `npm test`: installs and builds what is missing, then runs every spec, at last those in a real browser and those with a
 * real QEMU. `--browser` and `--qemu` run only these; `VFLEET_BROWSER=off` and `VFLEET_QEMU=off` skip them. Further
 * arguments go to Jest, which then runs one kind. The last line counts the tests; the exit code is 0 only if every spec ran
 * and none failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { prepare, ROOT } from './prepare.mjs';
import { passSignals, say } from './progress.mjs';

const WORKERS = 2;
/** Kinds of specs that need a program which has to be fetched. One file after the other: each needs a core of its own. */
const SPECIAL = [
  { flag: '--browser', off: 'VFLEET_BROWSER', specs: ['--testMatch=**/src/**/*.browser-spec.ts', '--runInBand'], prepare: 'findChromium' },
  { flag: '--qemu', off: 'VFLEET_QEMU', specs: ['--testMatch=**/src/**/*.qemu-spec.ts', '--runInBand'], prepare: 'prepareQemu' },
];
const NO_TEST = '--testNamePattern=(?!)';

const library = (name) => import(pathToFileURL(join(ROOT, `libs/${name}/dist/index.js`)).href);

const prepareServers = async () => {
  const { findNatsServer } = await library('embedded');
  if (!process.env.VFLEET_NATS_URL) await findNatsServer({ progress: say });
};

/** A NATS server that was given is one for all spec files, so they take turns. */
const workers = (given) => {
  if (given.some((argument) => /^(-i|--runInBand|-w|--maxWorkers)/.test(argument))) return [];
  return process.env.VFLEET_NATS_URL ? ['--runInBand'] : [`--maxWorkers=${WORKERS}`];
};

const jest = async (report, given) => {
  const flags = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim();
  const args = [join(ROOT, 'node_modules/jest/bin/jest.js'), '--json', `--outputFile=${report}`, ...workers(given), ...given];
  // Jest tells of its progress on standard error; its report would otherwise be printed as well.
  const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: flags }, stdio: ['inherit', 'ignore', 'inherit'] });
  passSignals(child);
  const [code] = await once(child, 'exit');
  return code ?? 1;
};

/** A file that could not be run at all counts as one failed test, so that the line never looks better than the run. */
const count = (report) => {
  if (!existsSync(report)) return { passed: 0, failed: 0, skipped: 0, complete: false };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
  return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites, skipped: numPendingTests + numTodoTests, complete: true };
};

const NOTHING = { passed: 0, failed: 0, skipped: 0 };

const runSpecs = async (given) => {
  const folder = mkdtempSync(join(tmpdir(), 'vfleet-report-'));
  try {
    const report = join(folder, 'report.json');
    const code = await jest(report, given);
    const counts = count(report);
    if (!counts.complete) process.stderr.write('vfleet: Jest ended without a report\n');
    return { ...counts, ok: code === 0 && counts.failed === 0 && counts.complete };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A machine without the program fails one test, for it runs none of these. */
const runSpecial = async ({ off, specs, prepare }, given) => {
  if (process.env[off] === 'off') return runSpecs([...specs, NO_TEST, ...given]);
  try {
    await (await library('testing'))[prepare](say);
  } catch (error) {
    process.stderr.write(`vfleet: ${error.message}\n`);
    return { ...NOTHING, failed: 1, ok: false };
  }
  return runSpecs([...specs, ...given]);
};

const flags = SPECIAL.map(({ flag }) => flag);
const given = process.argv.slice(2).filter((argument) => !flags.includes(argument));
const only = SPECIAL.filter(({ flag }) => process.argv.includes(flag));
const special = only.length > 0 || given.length > 0 ? only : SPECIAL;
try {
  await prepare();
  await prepareServers();
  const runs = [];
  if (only.length === 0) runs.push(await runSpecs(given));
  for (const kind of special) runs.push(await runSpecial(kind, given));
  const sum = (kind) => runs.reduce((total, run) => total + run[kind], 0);
  process.exitCode = runs.every(({ ok }) => ok) ? 0 : 1;
  process.stdout.write(`tests: ${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
} catch (error) {
  process.stderr.write(`vfleet: ${error.message}\n`);
  process.exitCode = 1;
}
