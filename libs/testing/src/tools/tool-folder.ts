import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpackDebianPackages, type Apt } from '@vfleet/embedded';

/** `.tools` of the checkout, from `src` and from `dist` alike: two checkouts share nothing. */
const TOOLS = fileURLToPath(new URL('../../../../.tools', import.meta.url));

export interface Wanted {
  /** Folder below `.tools` that holds the packages once they are there. */
  readonly name: string;
  readonly packages: (apt: Apt) => Promise<readonly string[]>;
  /** Completes and checks the unpacked folder; what is wrong with it, or undefined. */
  readonly finish: (folder: string) => Promise<string | undefined>;
}

/** Where the packages of that name are, or will be. */
export const toolFolder = (name: string): string => join(TOOLS, name);

/** Whether a file is there and tells its version: one that lacks a library does not. */
export const runs = (file: string): boolean => existsSync(file) && spawnSync(file, ['--version']).status === 0;

/** A program by any of its names that runs here: on PATH, below /usr/bin, or in the tool's folder. */
export const findProgram = (programs: readonly string[], name: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', toolFolder(name)]
    .filter((folder) => folder !== '')
    .flatMap((folder) => programs.map((program) => join(folder, program)))
    .find(runs);

/**
 * Fetches packages into `.tools/<name>`. They are unpacked beside and moved there whole, so that a run that is cut off
 * leaves nothing half done and two runs at once do not meet. Answers why it failed, undefined when they are there.
 */
export const fetchTool = async ({ name, packages, finish }: Wanted): Promise<string | undefined> => {
  mkdirSync(TOOLS, { recursive: true });
  const beside = mkdtempSync(join(TOOLS, `${name}-`));
  try {
    const failed = (await unpackDebianPackages(beside, packages)) ?? (await finish(beside));
    if (failed === undefined) moveTo(toolFolder(name), beside);
    return failed;
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
};

const moveTo = (target: string, beside: string): void => {
  try {
    renameSync(beside, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
};
