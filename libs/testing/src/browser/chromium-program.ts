import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { runCommand } from '@vfleet/embedded';
import { fetchTool, findProgram, toolFolder } from '../tools/tool-folder.js';
import { withLibraries } from '../tools/with-libraries.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
/** Beside the browser the fonts that its text is drawn with. */
const PACKAGES = ['chromium', 'fonts-dejavu-core'];
const NAME = 'chromium';

const isLibrary = (name: string): boolean => name.includes('.so');

/** Folders that hold shared libraries; some keep theirs one level deeper, as pulseaudio does. */
const libraryFolders = (folder: string): readonly string[] => {
  const found = ['usr/lib', 'lib']
    .filter((place) => existsSync(join(folder, place)))
    .flatMap((place) => readdirSync(join(folder, place), { recursive: true, encoding: 'utf8' }).map((name) => join(place, name)))
    .filter((name) => isLibrary(basename(name)));
  return [...new Set(found.map((name) => dirname(name)))];
};

/** An unpacked Chromium looks for its libraries and for fonts where Debian would have put them, unless it is told. */
const launcher = (libraries: readonly string[]): string => `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="${libraries.map((folder) => `$here/${folder}`).join(':')}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/usr/lib/chromium/chromium" "$@"
`;

const fonts = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="relative">usr/share/fonts</dir>
  <match target="pattern"><edit name="family" mode="append_last" binding="strong"><string>DejaVu Sans</string></edit></match>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

const makeRunnable = async (folder: string): Promise<string | undefined> => {
  const file = join(folder, NAME);
  writeFileSync(join(folder, 'fonts.conf'), fonts);
  writeFileSync(file, launcher(libraryFolders(folder)), { mode: 0o755 });
  const { ok, trouble } = await runCommand(file, ['--version']);
  return ok ? undefined : trouble;
};

/**
 * The path of a Chromium: on PATH, in `.tools`, else unpacked into `.tools` from the system's Debian packages, which any
 * user may do.
 * @throws Error saying what to do
 */
export const findChromium = async (progress: (message: string) => void): Promise<string> => {
  const found = findProgram(NAMES, NAME);
  if (found !== undefined) return found;
  progress(`fetching Chromium and its libraries into ${toolFolder(NAME)} (about 130 MB)`);
  const failed = await fetchTool({ name: NAME, packages: withLibraries(...PACKAGES), finish: makeRunnable });
  const fetched = findProgram(NAMES, NAME);
  if (fetched !== undefined) return fetched;
  throw new Error(
    `no Chromium was found, and Debian's package could not be had (${failed ?? 'it does not run here'}). ` +
      'Install it (Debian: sudo apt-get install chromium), or leave these specs out with VFLEET_BROWSER=off.',
  );
};
