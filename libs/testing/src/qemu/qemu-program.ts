import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '@vfleet/embedded';
import { fetchTool, findProgram, toolFolder } from '../tools/tool-folder.js';
import { withLibraries } from '../tools/with-libraries.js';

const PROGRAM = 'qemu-system-x86_64';
const PACKAGE = 'qemu-system-x86';
const NAME = 'qemu';

/** An unpacked QEMU looks for its libraries, modules and firmware where Debian would have put them, unless it is told. */
const launcher = (libraries: string): string => `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here/usr/lib/${libraries}:$here/lib/${libraries}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export QEMU_MODULE_DIR="$here/usr/lib/${libraries}/qemu"
exec "$here/usr/bin/${PROGRAM}" -L "$here/usr/share/qemu" -L "$here/usr/share/seabios" -L "$here/usr/lib/ipxe/qemu" "$@"
`;

const makeRunnable = async (folder: string): Promise<string | undefined> => {
  const libraries = readdirSync(join(folder, 'usr/lib')).find((name) => name.endsWith('-linux-gnu'));
  if (libraries === undefined) return `the package ${PACKAGE} holds no libraries`;
  const file = join(folder, PROGRAM);
  writeFileSync(file, launcher(libraries), { mode: 0o755 });
  const { ok, trouble } = await runCommand(file, ['--version']);
  return ok ? undefined : trouble;
};

const installAsRoot = async (): Promise<string | undefined> => {
  await runCommand('apt-get', ['update', '-q']);
  const { ok, trouble } = await runCommand('apt-get', ['install', '-y', '-q', '--no-install-recommends', PACKAGE]);
  return ok ? undefined : trouble;
};

/**
 * The path of a qemu-system-x86_64: on PATH, in `.tools`, else unpacked into `.tools` from the system's Debian packages,
 * which any user may do, or, for root where that fails, installed by apt.
 * @throws Error saying what to do
 */
export const findQemu = async (progress: (message: string) => void): Promise<string> => {
  const found = findProgram([PROGRAM], NAME);
  if (found !== undefined) return found;
  progress(`fetching QEMU and its libraries into ${toolFolder(NAME)} (about 20 MB)`);
  let failed = await fetchTool({ name: NAME, packages: withLibraries(PACKAGE), finish: makeRunnable });
  if (failed !== undefined && process.getuid?.() === 0) {
    progress(`installing ${PACKAGE} (apt-get install)`);
    failed = await installAsRoot();
  }
  const fetched = findProgram([PROGRAM], NAME);
  if (fetched !== undefined) return fetched;
  throw new Error(
    `no ${PROGRAM} was found, and its Debian package could not be had (${failed ?? 'it does not run here'}). ` +
      `Install it (Debian, Ubuntu: sudo apt-get install ${PACKAGE}), or leave these specs out with VFLEET_QEMU=off.`,
  );
};
