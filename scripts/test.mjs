/**
 * `npm test`: installs and builds what is missing, then runs every spec, at last those in a real browser and those with a
 * real QEMU, then the quick rows of the fault matrix, then the simulation and its controls,
 * then fuzzing. `--browser`, `--qemu`, `--faults`, `--simulation` and `--fuzz` run only these;
 * `VFLEET_BROWSER=off`, `VFLEET_QEMU=off`, `VFLEET_FAULTS=off`, `VFLEET_SIMULATION=off` and `VFLEET_FUZZ=off`
 * skip them. `--clusters` runs the specs on clusters of servers, which nothing else does.
 * Further arguments go to Jest, which then runs one kind. The last line counts the tests; the
 * exit code is 0 only if every spec ran and none failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { prepare, ROOT } from './prepare.mjs';
import { passSignals, say } from './progress.mjs';

const WORKERS = 2;
/** Kinds of specs that need a program which has to be fetched. One file after the other: each needs a core of its own. */
const SPECIAL = [
  { flag: '--browser', off: 'VFLEET_BROWSER', specs: ['--testMatch=**/src/**/*.browser-spec.ts', '--runInBand'], prepare: 'findChromium' },
  { flag: '--qemu', off: 'VFLEET_QEMU', specs: ['--testMatch=**/src/**/*.qemu-spec.ts', '--runInBand'], prepare: 'prepareQemu' },
];
/** On demand: each starts whole clusters, and takes as long as their servers take to elect anew. */
const CLUSTERS = { flag: '--clusters', specs: ['--testMatch=**/src/**/*.cluster-spec.ts', '--runInBand'] };
const FAULTS = { flag: '--faults', off: 'VFLEET_FAULTS' };
const NO_TEST = '--testNamePattern=(?!)';
/** Always the same seeds: whether a change lands must not be chance. A block of seeds is a test, and so is a guard that is taken out. */
const SIMULATIONS = [['--from', '1', '--seeds', '1000'], ['--controls']].map((options) => ({
  flag: '--simulation',
  off: 'VFLEET_SIMULATION',
  program: 'simulation/dist/main.js',
  options,
}));
/** About a minute, and the same cases each time as well: those that come after the ones that the specs themselves try. A property is a test. */
const FUZZING = { flag: '--fuzz', off: 'VFLEET_FUZZ', program: 'scripts/fuzz.mjs', options: ['--seed', '301', '--runs', '700'] };
/** Programs that tell how many tests of theirs have passed and failed. */
const COUNTING = [...SIMULATIONS, FUZZING];

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

/** Ended without a report: then nothing is known but that it failed. */
const countRows = (report) => {
  if (!existsSync(report)) return { ...NOTHING, failed: 1 };
  const { rows } = JSON.parse(readFileSync(report, 'utf8'));
  const of = (wanted) => rows.filter(({ verdict }) => wanted(verdict)).length;
  const [passed, skipped] = [of((verdict) => verdict === 'kept'), of((verdict) => verdict === 'skipped')];
  return { passed, skipped, failed: rows.length - passed - skipped };
};

const NOTHING = { passed: 0, failed: 0, skipped: 0 };

const withReport = async (work) => {
  const folder = mkdtempSync(join(tmpdir(), 'vfleet-report-'));
  try {
    return await work(join(folder, 'report.json'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const runSpecs = (given) =>
  withReport(async (report) => {
    const code = await jest(report, given);
    const counts = count(report);
    if (!counts.complete) process.stderr.write('vfleet: Jest ended without a report\n');
    return { ...counts, ok: code === 0 && counts.failed === 0 && counts.complete };
  });

/** The quick rows of the fault matrix; a row with its control counts as one test. Their page is left as it is. */
const runFaults = () =>
  withReport(async (report) => {
    const rows = process.env[FAULTS.off] === 'off' ? ['--list'] : ['--report', report];
    const child = spawn(process.execPath, [join(ROOT, 'scripts/faults.mjs'), '--quick', ...rows], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    passSignals(child);
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    if (rows.includes('--list')) return { ...NOTHING, skipped: said.match(/^ *\d+ quick /gm)?.length ?? 0, ok: code === 0 };
    process.stderr.write(said);
    return { ...countRows(report), ok: code === 0 };
  });

/** One that ends without a report is one failed test. */
const runCounting = async ({ off, program, options }) => {
  if (process.env[off] === 'off') return { ...NOTHING, skipped: 1, ok: true };
  return withReport(async (report) => {
    const args = [join(ROOT, program), ...options, '--report', report];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
    passSignals(child);
    const [code] = await once(child, 'exit');
    const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { failed: 1 };
    return { ...NOTHING, ...counts, ok: code === 0 && counts.failed === 0 };
  });
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

const KINDS = [...SPECIAL, CLUSTERS, FAULTS, ...COUNTING];
const flags = KINDS.map(({ flag }) => flag);
const given = process.argv.slice(2).filter((argument) => !flags.includes(argument));
const only = KINDS.filter(({ flag }) => process.argv.includes(flag));
const kinds = only.length > 0 || given.length > 0 ? only : KINDS.filter((kind) => kind !== CLUSTERS);
const runKind = (kind) => {
  if (kind === FAULTS) return runFaults();
  if (kind === CLUSTERS) return runSpecs([...CLUSTERS.specs, ...given]);
  return COUNTING.includes(kind) ? runCounting(kind) : runSpecial(kind, given);
};
try {
  await prepare();
  await prepareServers();
  const runs = [];
  if (only.length === 0) runs.push(await runSpecs(given));
  for (const kind of kinds) runs.push(await runKind(kind));
  const sum = (kind) => runs.reduce((total, run) => total + run[kind], 0);
  process.exitCode = runs.every(({ ok }) => ok) ? 0 : 1;
  process.stdout.write(`tests: ${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
} catch (error) {
  process.stderr.write(`vfleet: ${error.message}\n`);
  process.exitCode = 1;
}
