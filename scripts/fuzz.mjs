/**
 * `npm run test:fuzz -- [--minutes N] [--seed S] [--runs R]`: tries the specs called `fuzzed-*` with other cases than CI does, for 10 minutes
 * unless told otherwise; with `--runs` once, with as many. `--report FILE` has it write how many properties held in its last round. A case that fails is named by its seed: `--seed <it> --runs 1` tries it
 * alone. Exits 1 at the first failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
/** Cases of one round: long enough that starting Jest does not count, short enough to end in time. */
const RUNS_PER_ROUND = 2_000;
const MS_PER_MINUTE = 60_000;
const ROUND_MAY_TAKE_MS = 30 * MS_PER_MINUTE;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    runs: { type: 'string' },
    report: { type: 'string' },
  },
});
const wholeNumber = (name) => {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= 0) return number;
  process.stderr.write(`--${name} must be a whole number\n`);
  process.exit(64);
};
const [minutes, first, runs] = [wholeNumber('minutes'), wholeNumber('seed'), values.runs === undefined ? RUNS_PER_ROUND : wholeNumber('runs')];

const folder = mkdtempSync(join(tmpdir(), 'vfleet-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const told = join(folder, 'jest.json');

/** A file of specs that could not be run at all is one that failed. */
const tell = () => {
  if (values.report === undefined || !existsSync(told)) return;
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(told, 'utf8'));
  writeFileSync(values.report, JSON.stringify({ passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites }));
};

const tryCases = (seed) => {
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(ROOT, 'node_modules/jest/bin/jest.js')];
  const chosen = ['--runInBand', '--silent', `--testTimeout=${ROUND_MAY_TAKE_MS}`, '--testPathPatterns=/fuzzed-[a-z]+\\.spec\\.ts$'];
  const env = { ...process.env, VFLEET_FUZZ_SEED: String(seed), VFLEET_FUZZ_RUNS: String(runs) };
  const json = ['--json', `--outputFile=${told}`];
  const { status } = spawnSync(process.execPath, [...args, ...chosen, ...json], { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] });
  tell();
  return status === 0;
};

const end = Date.now() + minutes * MS_PER_MINUTE;
for (let seed = first, rounds = 1; ; seed += runs, rounds += 1) {
  if (!tryCases(seed)) {
    process.stdout.write(`fuzzing: failed among seeds ${seed} to ${seed + runs - 1}\n`);
    process.exit(1);
  }
  if (values.runs !== undefined || Date.now() >= end) {
    process.stdout.write(`fuzzing: seeds ${first} to ${seed + runs - 1}, ${rounds} rounds, nothing found\n`);
    break;
  }
}
