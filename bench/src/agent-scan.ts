import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { sysfsHardware } from '@vfleet/host-agent/sysfs';
import { aSyntheticSysfs } from '@vfleet/testing';
import type { Measurement } from './measurement.js';

const FUNCTIONS = 600;
const RUNS = 15;
/** Aim for one scan of 600 functions, in ms. */
const AIM_MS = 150;
/** Attributes that a scan reads of every function. */
const ATTRIBUTES = ['vendor', 'device', 'class', 'subsystem_vendor', 'subsystem_device', 'revision', 'numa_node'];

export interface AgentScan {
  readonly functions: number;
  /** Median of the runs; each with fresh caches of serial numbers, as at the start of an agent. */
  readonly milliseconds: number;
  readonly medianOf: number;
  /** Median time of listing the same folders and reading those attributes without looking at them. */
  readonly bareReadMilliseconds: number;
}

/** How long an agent takes to scan a synthetic sysfs of 600 functions. */
export const agentScan = async (): Promise<AgentScan> => {
  const tree = aSyntheticSysfs(FUNCTIONS);
  try {
    let functions = 0;
    const scans: number[] = [];
    const bareReads: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      scans.push(timed(() => (functions = sysfsHardware({ sysfsRoot: tree.sysfsRoot, procRoot: '/proc' }).scan().functions.length)));
      bareReads.push(timed(() => readAll(tree.sysfsRoot)));
    }
    return { functions, milliseconds: median(scans), medianOf: RUNS, bareReadMilliseconds: median(bareReads) };
  } finally {
    tree.close();
  }
};

/** The section `agent` of the bench. */
export const agent = async (): Promise<readonly Measurement[]> => {
  const { functions, milliseconds, bareReadMilliseconds } = await agentScan();
  const scan = { section: 'agent', unit: 'ms', value: milliseconds };
  return [
    { ...scan, what: `a scan of ${functions} functions`, aim: { at: 'most', figure: AIM_MS } },
    { ...scan, what: 'the same scan', against: { what: 'reading the same files', value: bareReadMilliseconds } },
  ];
};

const readAll = (root: string): void => {
  const devices = `${root}/bus/pci/devices`;
  for (const name of readdirSync(devices)) {
    const folder = realpathSync.native(`${devices}/${name}`);
    readdirSync(folder);
    for (const attribute of ATTRIBUTES) readFileSync(`${folder}/${attribute}`, 'utf8');
  }
};

const timed = (work: () => void): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

const median = (figures: readonly number[]): number => figures.toSorted((a, b) => a - b)[figures.length >> 1] as number;
