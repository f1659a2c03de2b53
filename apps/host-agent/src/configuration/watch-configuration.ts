import { unwatchFile, watchFile } from 'node:fs';
import { readConfiguration, type Configuration, type ConfigurationFiles } from './config.js';
import { BadConfiguration } from './faults.js';

export interface ConfigurationListener {
  readonly changed: (configuration: Configuration) => void;
  /** The files cannot be used as they are now. Told once for as long as they stay so wrong. */
  readonly refused: (fault: BadConfiguration) => void;
}

export interface ConfigurationWatch {
  /** Reads at once, whether or not a file has changed. */
  reload(): void;
  stop(): void;
}

/** Files are looked at this often: looking finds a file that was replaced, or lies on the network, and events do not. */
const LOOK_MS = 500;
/** A file that is being written is read when nothing has happened to it for so long. */
const SETTLE_MS = 300;

/** Tells each new configuration that can be used, and each that cannot. */
export const watchConfiguration = (
  files: ConfigurationFiles,
  environment: NodeJS.ProcessEnv,
  { changed, refused }: ConfigurationListener,
): ConfigurationWatch => {
  const paths = Object.values(files).filter((path): path is string => typeof path === 'string');
  let settling: NodeJS.Timeout | undefined;
  let lastFault: string | undefined;
  const reload = (): void => {
    clearTimeout(settling);
    try {
      const configuration = readConfiguration(files, environment);
      lastFault = undefined;
      changed(configuration);
    } catch (error) {
      if (!(error instanceof BadConfiguration)) throw error;
      if (error.message !== lastFault) refused(error);
      lastFault = error.message;
    }
  };
  const settle = (): void => {
    clearTimeout(settling);
    settling = setTimeout(reload, SETTLE_MS);
  };
  for (const path of paths) watchFile(path, { interval: LOOK_MS, persistent: false }, settle);
  return {
    reload,
    stop: () => {
      clearTimeout(settling);
      for (const path of paths) unwatchFile(path, settle);
    },
  };
};
