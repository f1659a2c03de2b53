/**
 * `npm test`: installs and builds what is missing, then runs every spec. Further arguments go to Jest. The last line
 * counts the tests; the exit code is 0 only if every spec ran and none failed.
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

const prepareServers = async () => {
  const { findNatsServer } = await import(pathToFileURL(join(ROOT, 'libs/embedded/dist/index.js')).href);
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

const folder = mkdtempSync(join(tmpdir(), 'vfleet-report-'));
try {
  await prepare();
  await prepareServers();
  const report = join(folder, 'report.json');
  const code = await jest(report, process.argv.slice(2));
  const { passed, failed, skipped, complete } = count(report);
  if (!complete) process.stderr.write('vfleet: Jest ended without a report\n');
  process.exitCode = code === 0 && failed === 0 && complete ? 0 : 1;
  process.stdout.write(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
} catch (error) {
  process.stderr.write(`vfleet: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
