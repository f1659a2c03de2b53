import { hostname } from 'node:os';
import { parse as parseYamlValue } from 'yaml';
import { isToken } from '@vfleet/pci';
import type { DeviceRule } from '../domain/labels.js';
import { DEVICE_RESETS, type DeviceReset } from '../domain/reset-plan.js';
import { parseDeviceRules, type TellFault } from './device-rules.js';
import { procBeside, runBeside } from '../sysfs/recording.js';
import { BadConfiguration, type ConfigurationFault } from './faults.js';
import { parseHypervisor, type HypervisorSettings } from './hypervisor-settings.js';
import type { YamlFile, YamlPath } from './yaml-file.js';

/** The settings of the YAML file, checked and complete. */
export interface Settings {
  readonly hostId: string;
  readonly natsUrl: string;
  /** File with NATS credentials (`.creds`). */
  readonly credentials?: string;
  /** Folder with what the agent shows of itself to NATS: `ca.crt`, `user.crt`, `user.key`. */
  readonly natsIdentity?: string;
  readonly sysfsRoot: string;
  readonly procRoot: string;
  readonly runRoot: string;
  readonly devices: readonly DeviceRule[];
  readonly unsafeIommuGroups: boolean;
  /** What is done with a device that a VM has left; as the hypervisor's driver needs it unless told. */
  readonly deviceReset?: DeviceReset;
  readonly heartbeatSeconds: number;
  readonly rescanSeconds: number;
  readonly stateFile: string;
  /** Where metrics and health are served, from the start of the process on. */
  readonly httpHost?: string;
  /** 0 picks one; without it nothing listens. */
  readonly httpPort?: number;
  readonly hypervisor: HypervisorSettings;
}

/** How a value is checked: the value to use, or what is wrong. */
type Check = (value: unknown) => { readonly value: unknown } | { readonly fault: string };

const text: Check = (value) => (typeof value === 'string' && value.trim() !== '' && value.length <= 4096 ? { value } : { fault: 'must be text' });
const token: Check = (value) => (typeof value === 'string' && isToken(value) ? { value } : { fault: 'must be 1 to 128 letters, digits, _ and -' });
const truth: Check = (value) => (typeof value === 'boolean' ? { value } : { fault: 'must be true or false' });
const reset: Check = (value) =>
  DEVICE_RESETS.some((known) => known === value) ? { value } : { fault: `must be one of ${DEVICE_RESETS.join(', ')}` };
const seconds =
  (max: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max ? { value } : { fault: `must be a whole number from 1 to ${max}` };
const port: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535 ? { value } : { fault: 'must be a whole number from 0 to 65535' };
const url: Check = (value) => {
  if (typeof value !== 'string' || !value.split(',').every((one) => URL.canParse(one.includes('://') ? one.trim() : `nats://${one.trim()}`)))
    return { fault: 'must be an address as nats://host:4222' };
  return { value };
};
/** Texts are taken from the environment as they are; everything else is read as YAML. */
const KEYS: Readonly<Record<string, { readonly check: Check; readonly isText: boolean }>> = {
  hostId: { check: token, isText: true },
  natsUrl: { check: url, isText: true },
  credentials: { check: text, isText: true },
  natsIdentity: { check: text, isText: true },
  sysfsRoot: { check: text, isText: true },
  procRoot: { check: text, isText: true },
  runRoot: { check: text, isText: true },
  devices: { check: (value) => ({ value }), isText: false },
  unsafeIommuGroups: { check: truth, isText: false },
  deviceReset: { check: reset, isText: true },
  heartbeatSeconds: { check: seconds(3600), isText: false },
  rescanSeconds: { check: seconds(86_400), isText: false },
  stateFile: { check: text, isText: true },
  httpHost: { check: text, isText: true },
  httpPort: { check: port, isText: false },
  hypervisor: { check: (value) => ({ value }), isText: false },
};

/** Checks the file and the environment over it. @throws BadConfiguration with every fault, each with its line. */
export const parseSettings = (file: YamlFile, environment: NodeJS.ProcessEnv): Settings => {
  const faults: ConfigurationFault[] = [];
  const told: Record<string, unknown> = {};
  for (const key of Object.keys(file.content))
    if (!Object.hasOwn(KEYS, key)) faults.push({ where: file.where, line: file.lineOf([key]), message: `${key} is no setting` });
  let rules: readonly DeviceRule[] = [];
  for (const [key, { check, isText }] of Object.entries(KEYS)) {
    const source = findSource(key, isText, file, environment, faults);
    if (!source) continue;
    const checked = check(source.value);
    if ('fault' in checked) faults.push({ ...source.at([]), message: `${key} ${checked.fault}` });
    else told[key] = checked.value;
    const tell: TellFault = (path, message) => faults.push({ ...source.at(path), message: `${key}${sayPath(path)} ${message}` });
    if (key === 'devices') rules = parseDeviceRules(source.value, tell);
    if (key === 'hypervisor') told[key] = parseHypervisor(source.value, tell);
  }
  const hypervisor = told['hypervisor'] as HypervisorSettings | undefined;
  if (told['deviceReset'] !== undefined && told['deviceReset'] !== 'off' && (hypervisor?.driver ?? 'none') === 'none') {
    const source = findSource('deviceReset', true, file, environment, []);
    if (source) faults.push({ ...source.at([]), message: 'deviceReset needs a hypervisor, which says what VMs have left' });
  }
  if (faults.length > 0) throw new BadConfiguration(faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)));
  return complete(told, rules);
};

interface Source {
  readonly value: unknown;
  readonly at: (path: YamlPath) => Pick<ConfigurationFault, 'where' | 'line'>;
}

const findSource = (
  key: string,
  isText: boolean,
  file: YamlFile,
  environment: NodeJS.ProcessEnv,
  faults: ConfigurationFault[],
): Source | undefined => {
  const variable = variableOf(key);
  const told = environment[variable];
  if (told === undefined || told === '') {
    const value = file.content[key];
    return value === undefined || value === null ? undefined : { value, at: (path) => ({ where: file.where, line: file.lineOf([key, ...path]) }) };
  }
  try {
    return { value: isText ? told : parseYamlValue(told), at: () => ({ where: variable }) };
  } catch (error) {
    faults.push({ where: variable, message: (error as Error).message });
    return undefined;
  }
};

/** `sysfsRoot` as `VFLEET_AGENT_SYSFS_ROOT`. */
export const variableOf = (key: string): string => `VFLEET_AGENT_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

const sayPath = (path: YamlPath): string => path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');

const complete = (told: Record<string, unknown>, devices: readonly DeviceRule[]): Settings => {
  const hostId =
    (told['hostId'] as string | undefined) ??
    hostname()
      .replace(/[^A-Za-z0-9_-]/g, '-')
      .slice(0, 128);
  const sysfsRoot = (told['sysfsRoot'] as string | undefined) ?? '/sys';
  return {
    natsUrl: 'nats://127.0.0.1:4222',
    procRoot: procBeside(sysfsRoot),
    runRoot: runBeside(sysfsRoot),
    unsafeIommuGroups: false,
    heartbeatSeconds: 10,
    rescanSeconds: 30,
    stateFile: `/var/lib/vfleet/agent-${hostId}.json`,
    hypervisor: { driver: 'none' },
    ...told,
    sysfsRoot,
    hostId,
    devices,
  };
};
