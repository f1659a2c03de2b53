/** Runs Jest on some spec files of a copy of the sources and says what failed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

const HANGS_AFTER_MS = 180_000;
/** Waits for events are cut to this share, with and without a mutation: most mutants show by an event that never comes. */
const PATIENCE = '0.2';
const TEST_TIMEOUT_MS = 30_000;
const NAME = 'jest.mutants.config.mjs';

/** Those on clusters have to be asked for. */
const TEST_MATCH = "[...base.testMatch, '**/src/**/*.cluster-spec.ts']";

/** The checkout's own configuration; the servers of the specs are kept by the checkout's keeper, and pure specs need none. */
const writeConfig = (root, folder, pure) => {
  const keeper = (file) => (pure ? 'undefined' : JSON.stringify(path.join(root, 'libs/testing', file)));
  const text = `import base from './jest.config.mjs';
export default { ...base, testMatch: ${TEST_MATCH}, globalSetup: ${keeper('global-setup.mjs')}, globalTeardown: ${keeper('global-teardown.mjs')} };
`;
  fs.writeFileSync(path.join(folder, NAME), text);
};

/** Jest says so itself when a test takes too long; that a wait for an event gave up is a failure like another. */
const hung = ({ failureMessages }) => failureMessages.every((message) => message.includes('Exceeded timeout of'));

/**
 * @returns {Promise<{ran: boolean, hung: boolean, failed: string[], said: string}>} `ran`: every file could be run;
 * `failed`: tests that failed, by file and name, those that only hung left out
 */
export const runSpecs = async ({ root, folder, specs, test, pure }) => {
  writeConfig(root, folder, pure);
  const report = path.join(folder, 'report.json');
  fs.rmSync(report, { force: true });
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const jest = path.join(root, 'node_modules/jest/bin/jest.js');
  const options = [
    '--config',
    NAME,
    '--json',
    `--outputFile=${report}`,
    '--runInBand',
    '--forceExit',
    `--testTimeout=${TEST_TIMEOUT_MS}`,
    ...(test ? ['-t', test] : []),
  ];
  const env = { ...process.env, NODE_OPTIONS: '', VFLEET_TEST_PATIENCE: PATIENCE };
  const child = spawn(process.execPath, [...flags, jest, ...options, '--runTestsByPath', ...specs], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => (said += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), HANGS_AFTER_MS);
  await once(child, 'exit');
  clearTimeout(timer);
  return read(report, said, child.signalCode === 'SIGKILL');
};

const read = (report, said, killed) => {
  if (!fs.existsSync(report)) return { ran: killed, hung: killed, failed: [], said };
  const { testResults, numRuntimeErrorTestSuites } = JSON.parse(fs.readFileSync(report, 'utf8'));
  const failing = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map((one) => ({ ...one, file: path.basename(name) })),
  );
  const failed = failing.filter((one) => !hung(one)).map(({ file, fullName }) => `${file}: ${fullName}`);
  return { ran: numRuntimeErrorTestSuites === 0, hung: failing.length > failed.length, failed, said };
};
