import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fetchTool, findProgram, runs } from './tool-folder.js';

const PROGRAM = 'promtool';
const PACKAGE = 'prometheus';
const NAME = 'promtool';

/** Of a package of 96 MB one program of 48 MB is kept. */
const keepProgram = async (folder: string): Promise<string | undefined> => {
  renameSync(join(folder, 'usr/bin', PROGRAM), join(folder, PROGRAM));
  for (const other of readdirSync(folder).filter((name) => name !== PROGRAM)) rmSync(join(folder, other), { recursive: true });
  return runs(join(folder, PROGRAM)) ? undefined : 'it does not run here';
};

/** Prometheus' checker of rules: on PATH, in `.tools`, else unpacked into `.tools` from the system's Debian package (19 MB). Undefined where it cannot be had. */
export const findPromtool = async (): Promise<string | undefined> => {
  const found = findProgram([PROGRAM], NAME);
  if (found !== undefined) return found;
  await fetchTool({ name: NAME, packages: async () => [PACKAGE], finish: keepProgram }).catch(() => undefined);
  return findProgram([PROGRAM], NAME);
};
