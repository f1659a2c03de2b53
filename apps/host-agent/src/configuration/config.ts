import { isDeepStrictEqual } from 'node:util';
import type { Labels } from '../domain/labels.js';
import { readDeviceNames } from './properties.js';
import { BadConfiguration, type ConfigurationFault } from './faults.js';
import { readHostConf } from './host-conf.js';
import { parseSettings, type Settings } from './settings.js';
import { parseYaml, readYamlFile } from './yaml-file.js';

/** The files that the command line names. */
export interface ConfigurationFiles {
  readonly config?: string;
  readonly properties?: string;
  readonly hostConf?: string;
}

/** All that an agent is told from outside. */
export interface Configuration extends Settings {
  readonly labels: Labels;
  /** False where the host disabled custom models; undefined where nobody said. */
  readonly customDevices?: boolean;
}

/** These are what an agent is built on: when one of them changes, it is built anew. */
const FOUNDATIONS = [
  'hostId',
  'natsUrl',
  'credentials',
  'natsIdentity',
  'sysfsRoot',
  'procRoot',
  'runRoot',
  'stateFile',
  'hypervisor',
  'deviceReset',
] as const;

/** Whether an agent can go over from one configuration to another while it runs. */
export const isSameFoundation = (a: Configuration, b: Configuration): boolean => FOUNDATIONS.every((key) => isDeepStrictEqual(a[key], b[key]));

/** Reads every file and the environment over them. @throws BadConfiguration with all faults of all files. */
export const readConfiguration = (files: ConfigurationFiles, environment: NodeJS.ProcessEnv): Configuration => {
  const faults: ConfigurationFault[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof BadConfiguration)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const settings = attempt(() =>
    parseSettings(files.config === undefined ? parseYaml('', 'configuration') : readYamlFile(files.config), environment),
  );
  const names = attempt(() => (files.properties === undefined ? undefined : readDeviceNames(files.properties)));
  const hostConf = attempt(() => (files.hostConf === undefined ? undefined : readHostConf(files.hostConf)));
  if (faults.length > 0 || !settings) throw new BadConfiguration(faults);
  return {
    ...settings,
    labels: { rules: settings.devices, ...(names && { names }) },
    ...(hostConf && { customDevices: hostConf.customDevices }),
  };
};
