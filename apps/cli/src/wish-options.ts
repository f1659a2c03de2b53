import type { Command } from 'commander';
import { parse } from 'yaml';
import { compileWhere } from '@vfleet/cel';
import { invalidRequest, type DeviceRequest } from '@vfleet/contracts';
import { checkRequests } from '@vfleet/pci';
import { parseCounted } from './device-request.js';
import { UsageError } from './exit-codes.js';
import { collect, readFile, wholeNumbers } from './options.js';

/** What a VM wants, as options say it. */
export interface RequestOptions {
  readonly device?: readonly string[];
  readonly alias?: readonly string[];
  readonly model?: readonly string[];
  readonly request?: readonly string[];
}
export interface WishOptions extends RequestOptions {
  readonly offering?: string;
  readonly numa?: readonly number[];
  readonly tenant?: string;
}

export const withRequests = (command: Command): Command =>
  command
    .option('--device <name[:count]>', 'devices by name: 10GE, or 10GE:2; may be given again', collect)
    .option('--alias <name[:count]>', 'what a stored alias asks for; may be given again', collect)
    .option('--model <name[:count]>', 'devices of a registered model; may be given again', collect)
    .option('--request <yaml>', 'a whole device request, as YAML or JSON, or @file with one or a list of them; may be given again', collect);

export const withWish = (command: Command): Command =>
  withRequests(command)
    .option('--offering <name>', 'a stored list of devices')
    .option('--numa <nodes>', 'NUMA nodes of the VM: 0 or 0,1', wholeNumbers)
    .option('--tenant <name>', 'whose VM it is');

interface Wish {
  readonly devices?: DeviceRequest[];
  readonly offering?: string;
  readonly numaNodes?: number[];
  readonly tenant?: string;
}

/** @throws UsageError, ApiError 400 that names each field */
export const toWish = ({ offering, numa, tenant, ...options }: WishOptions): Wish => {
  const devices = toRequests(options);
  return {
    ...(devices.length > 0 && { devices }),
    ...(offering !== undefined && { offering }),
    ...(numa && { numaNodes: [...numa] }),
    ...(tenant !== undefined && { tenant }),
  };
};

/** @throws UsageError, ApiError 400 that names each field */
export const toRequests = ({ device = [], alias = [], model = [], request = [] }: RequestOptions): DeviceRequest[] => {
  const requests = [
    ...device.map((text) => parseCounted('device', text)),
    ...alias.map((text) => parseCounted('alias', text)),
    ...model.map((text) => parseCounted('model', text)),
    ...request.flatMap(parseRequest),
  ];
  const faults = checkRequests(requests, compileWhere);
  if (faults.length > 0) throw invalidRequest(faults);
  return requests;
};

/** @throws UsageError */
const parseRequest = (text: string): DeviceRequest[] => {
  const value = parseYaml('--request', text.startsWith('@') ? readFile('--request', text.slice(1)).toString('utf8') : text);
  const all = [value].flat();
  if (all.every((one) => typeof one === 'object' && one !== null)) return all;
  throw new UsageError(`--request ${text} is no device request; write for example --request '{match: {vendorId: "8086"}, count: 2}'`);
};

const parseYaml = (option: string, text: string): unknown => {
  try {
    return parse(text);
  } catch (error) {
    throw new UsageError(`${option} is no YAML: ${(error as Error).message}`);
  }
};
