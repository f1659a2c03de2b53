/**
 * Writes the generated pages of the reference: `asyncapi.json`, `messages.md`, `cli.md` and `metrics.md` in `docs/reference`, and
 * `deploy/nats/nats-server.conf`.
 * With `--check` it writes nothing, and fails when a committed page differs from what the code says, or when
 * `docs/reference/error-codes.md`, which is written by hand, lacks a code that the code uses.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cliPage } from './docs/cli-page.mjs';
import { untoldCodes } from './docs/error-codes.mjs';
import { messagesPage } from './docs/messages-page.mjs';
import { metricsPage } from './docs/metrics-page.mjs';
import { natsConf } from './docs/nats-conf.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

const build = async () => {
  const tsc = path.join(root, 'node_modules/.bin/tsc');
  const { status } = spawnSync(tsc, ['-b', 'libs/contracts', 'libs/telemetry', 'apps/cli'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('libs/contracts, libs/telemetry or apps/cli does not build');
  const modules = ['libs/contracts/dist/index.js', 'libs/telemetry/dist/index.js', 'apps/cli/dist/reference.js'];
  const [contracts, telemetry, commandLine] = await Promise.all(modules.map(load));
  return { contracts, telemetry, commandLine };
};

const load = (file) => import(pathToFileURL(path.join(root, file)).href);

const pagesOf = ({ contracts, telemetry, commandLine }) => {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  return {
    'docs/reference/asyncapi.json': `${JSON.stringify(contracts.asyncApiDocument(version), null, 2)}\n`,
    'docs/reference/messages.md': messagesPage(contracts),
    'docs/reference/metrics.md': metricsPage(telemetry.METRICS),
    'docs/reference/cli.md': cliPage(commandLine.commandReference()),
    'deploy/nats/nats-server.conf': natsConf(contracts),
  };
};

const readIfThere = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined);

const check = process.argv.includes('--check');
for (const [name, text] of Object.entries(pagesOf(await build()))) {
  const file = path.join(root, name);
  const same = readIfThere(file) === text;
  if (check && !same) {
    console.error(`${name} differs from what the code says; run: npm run docs`);
    process.exitCode = 1;
  } else if (!check) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (!same) fs.writeFileSync(file, text);
    console.log(`${name} ${same ? 'is as it was' : 'written'}`);
  }
}

if (check)
  for (const code of untoldCodes(root, readIfThere(path.join(root, 'docs/reference/error-codes.md')) ?? '')) {
    console.error(`docs/reference/error-codes.md does not tell of ${code}`);
    process.exitCode = 1;
  }
