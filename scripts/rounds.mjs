/**
 * Tries some specs again and again with other cases: `--minutes N`, or once with `--runs R`; `--seed S` is where to begin, and `--report FILE`
 * has the number of tests that passed and failed in the last round written down.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const MS_PER_MINUTE = 60_000;
const ROUND_MAY_TAKE_MS = 30 * MS_PER_MINUTE;

/** What was asked for on the command line; ends the process with 64 where that is not understood. */
const asked = (runsPerRound) => {
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
  const once = values.runs !== undefined;
  const runs = once ? wholeNumber('runs') : runsPerRound;
  return { minutes: wholeNumber('minutes'), first: wholeNumber('seed'), once, runs, report: values.report };
};

/** A file of specs that could not be run at all is one that failed. */
const tell = (told, report) => {
  if (report === undefined || !existsSync(told)) return;
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(told, 'utf8'));
  writeFileSync(report, JSON.stringify({ passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites }));
};

const tryCases = (chosen, env, folder, report) => {
  const told = join(folder, 'jest.json');
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(ROOT, 'node_modules/jest/bin/jest.js')];
  const flags = ['--silent', `--testTimeout=${ROUND_MAY_TAKE_MS}`, '--json', `--outputFile=${told}`];
  const { status } = spawnSync(process.execPath, [...args, ...chosen, ...flags], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  tell(told, report);
  return status === 0;
};

/**
 * Exits 1 at the first failure.
 * @param what for messages
 * @param runsPerRound cases of one round: enough that starting Jest does not count, few enough to end in time
 * @param jest arguments that choose the specs
 * @param environment of a round, made of its seed and its number of cases
 */
export const runRounds = ({ what, runsPerRound, jest, environment }) => {
  const { minutes, first, once, runs, report } = asked(runsPerRound);
  const folder = mkdtempSync(join(tmpdir(), 'vfleet-rounds-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const end = Date.now() + minutes * MS_PER_MINUTE;
  for (let seed = first, rounds = 1; ; seed += runs, rounds += 1) {
    if (!tryCases(jest, environment(seed, runs), folder, report)) {
      process.stdout.write(`${what}: failed among seeds ${seed} to ${seed + runs - 1}\n`);
      process.exit(1);
    }
    if (once || Date.now() >= end) {
      process.stdout.write(`${what}: seeds ${first} to ${seed + runs - 1}, ${rounds} rounds, nothing found\n`);
      return;
    }
  }
};
