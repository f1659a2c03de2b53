import type { Apt } from '@vfleet/embedded';

/** A package and what it needs beyond what the system has: what apt says that it would install (`Inst <name> (…`). */
export const withLibraries =
  (...packages: readonly string[]) =>
  async (apt: Apt): Promise<readonly string[]> => {
    const { output } = await apt('apt-get', 'install', '--simulate', '--no-install-recommends', ...packages);
    return [...output.matchAll(/^Inst (\S+) \(/gm)].map(([, name]) => name as string);
  };
