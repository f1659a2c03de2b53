import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, type CommandResult } from './run-command.js';

/** Asks apt; its options stand before the arguments. */
export type Apt = (program: 'apt-get' | 'apt-cache', ...args: readonly string[]) => Promise<CommandResult>;

/** As root apt would work as another user, who may not be able to enter the checkout. */
const AS_CALLER = ['-q', '-o', 'APT::Sandbox::User=root'];

const aptIn =
  (folder: string, options: readonly string[]): Apt =>
  (program, ...args) =>
    runCommand(program, [...AS_CALLER, ...options, ...args], folder);

/** Lists of packages of our own, for machines whose lists are empty, outdated, or only root's to renew. */
const ownLists = (folder: string): string[] => {
  const lists = join(folder, 'apt/lists');
  const cache = join(folder, 'apt/cache');
  for (const each of [lists, join(cache, 'archives')]) mkdirSync(join(each, 'partial'), { recursive: true });
  return ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${cache}`];
};

type Select = (apt: Apt) => Promise<readonly string[]>;

const download = async (apt: Apt, select: Select): Promise<string | undefined> => {
  const names = await select(apt);
  if (names.length === 0) return 'apt knows no such package here';
  const { ok, trouble } = await apt('apt-get', 'download', ...names);
  return ok ? undefined : trouble;
};

const downloadWithNewLists = async (folder: string, select: Select): Promise<string | undefined> => {
  const apt = aptIn(folder, ownLists(folder));
  const { ok, trouble } = await apt('apt-get', 'update');
  return ok ? download(apt, select) : trouble;
};

/**
 * Downloads Debian packages, as the system's release has them, and unpacks them into a folder. Needs no root and
 * installs nothing: no script of a package runs. `select` names the packages, and may ask apt for that; it is asked
 * again with fresh lists where the system's do not do. Answers why it failed, undefined when all is there.
 */
export const unpackDebianPackages = async (folder: string, select: Select): Promise<string | undefined> => {
  mkdirSync(folder, { recursive: true });
  const failed = (await download(aptIn(folder, []), select)) && (await downloadWithNewLists(folder, select));
  rmSync(join(folder, 'apt'), { recursive: true, force: true });
  if (failed !== undefined) return failed;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    const { ok, trouble } = await runCommand('dpkg-deb', ['-x', file, '.'], folder);
    if (!ok) return trouble;
    rmSync(join(folder, file));
  }
  return undefined;
};
