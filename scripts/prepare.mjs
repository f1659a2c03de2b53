import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { step, StepFailed } from './progress.mjs';

/** What the code counts on (`import.meta.dirname`). */
const OLDEST_NODE = [20, 11];

export const ROOT = join(import.meta.dirname ?? '.', '..');
const STAMP = join(ROOT, 'node_modules/.cache/vfleet/build');
const WORKSPACES = ['libs', 'apps'];
const PAGE = 'apps/dashboard/web';

const checkNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new StepFailed(`Node.js ${OLDEST_NODE.join('.')} or later is needed, this is ${process.versions.node}: see https://nodejs.org`);
};

const modified = (file) => statSync(join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** npm writes its own copy of the lock as the last thing, so a cut-off install is seen as well as a newer lock. */
export const isInstalled = () => {
  const installed = modified('node_modules/.package-lock.json');
  return installed > 0 && (installed >= modified('package-lock.json') || readLockStamp() === lockDigest());
};

const LOCK_STAMP = join(ROOT, 'node_modules/.vfleet-lock');
const lockDigest = () =>
  createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
const readLockStamp = () => (existsSync(LOCK_STAMP) ? readFileSync(LOCK_STAMP, 'utf8') : undefined);

/** npm as the one that runs us, else the one on PATH. */
const npm = (...args) => {
  const own = process.env.npm_execpath;
  return own?.endsWith('.js') ? [process.execPath, [own, ...args]] : ['npm', args];
};

const install = async () => {
  if (isInstalled()) return;
  const [command, args] = npm('ci', '--include=dev', '--no-audit', '--no-fund');
  await step('installing packages (npm ci), about a minute', command, args, { cwd: ROOT });
  writeFileSync(LOCK_STAMP, lockDigest());
};

const filesBelow = (folder) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

const filesIn = (folder) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(ROOT, folder, name));

const packages = () =>
  WORKSPACES.flatMap((workspace) => readdirSync(join(ROOT, workspace)).map((name) => `${workspace}/${name}`))
    .concat('bench', 'faults', 'simulation')
    .filter((folder) => existsSync(join(ROOT, folder, 'tsconfig.json')) && existsSync(join(ROOT, folder, 'src')));

/** Changes with every source, setting and package that a build reads. */
const sourcesDigest = () => {
  const hash = createHash('sha256');
  const settings = ['package-lock.json', 'tsconfig.base.json', 'nx.json'].map((file) => join(ROOT, file));
  const own = packages().flatMap((folder) => [
    join(ROOT, folder, 'package.json'),
    join(ROOT, folder, 'tsconfig.json'),
    ...filesBelow(`${folder}/src`),
  ]);
  for (const file of [...settings, ...own, ...filesIn(PAGE), ...filesBelow(`${PAGE}/src`)]) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${file}|${mtimeMs}|${size}\n`);
  }
  return hash.digest('hex');
};

const isBuilt = (digest) =>
  existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest && [...packages(), PAGE].every((folder) => existsSync(join(ROOT, folder, 'dist')));

/** One compiler over all projects: what `npm run build` does through Nx, in a fifth of its time. */
const build = async () => {
  const digest = sourcesDigest();
  if (isBuilt(digest)) return;
  await step('building', process.execPath, ['node_modules/typescript/bin/tsc', '-b', ...packages()], { cwd: ROOT });
  await step('building the page', process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--logLevel=error', PAGE], { cwd: ROOT });
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, digest);
};

/** Brings a checkout to where its programs run: packages as the lock has them, everything built. Quick when nothing is to do. */
export const prepare = async () => {
  checkNode();
  await install();
  await build();
};
