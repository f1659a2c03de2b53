import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import type { HostFacts } from '../domain/hardware.js';
import { readInteger, readText } from './read.js';
import { isOneLine } from './text.js';

/** Names of IOMMU units below `class/iommu`, by driver of the Linux kernel. */
const IOMMU_TYPES: readonly (readonly [RegExp, string])[] = [
  [/^dmar/, 'intel'],
  [/^ivhd/, 'amd'],
  [/^(arm-)?smmu/, 'arm-smmu'],
  [/^spapr/, 'spapr'],
  [/^virtio/, 'virtio'],
];

/** What sysfs and procfs tell of the host as a whole. */
export const describeHost = (sysfsRoot: string, procRoot: string): HostFacts => {
  const kernel = readWord(`${procRoot}/sys/kernel/osrelease`);
  const units = list(`${sysfsRoot}/class/iommu`);
  const type = IOMMU_TYPES.find(([pattern]) => units.some((unit) => pattern.test(unit)))?.[1];
  const nodes = list(`${sysfsRoot}/devices/system/node`).flatMap((name) => /^node(\d{1,5})$/.exec(name)?.[1] ?? []);
  return {
    hostname: readWord(`${procRoot}/sys/kernel/hostname`) ?? hostname(),
    ...(kernel !== undefined && { kernel }),
    iommu: { enabled: units.length > 0 || list(`${sysfsRoot}/kernel/iommu_groups`).length > 0, ...(type !== undefined && { type }) },
    ...(nodes.length > 0 && {
      numaNodes: nodes
        .map(Number)
        .sort((a, b) => a - b)
        .map((id) => numaNode(sysfsRoot, id)),
    }),
  };
};

/** A name as a kernel has it; undefined for what no kernel would say. */
const readWord = (path: string): string | undefined => {
  const text = readText(path);
  return text !== undefined && isOneLine(text) ? text : undefined;
};

/** A node's socket is that of its first CPU; a node of memory alone has none. */
const numaNode = (sysfsRoot: string, id: number): { readonly id: number; readonly socket?: number } => {
  const [, cpu] = /^(\d{1,6})/.exec(readText(`${sysfsRoot}/devices/system/node/node${id}/cpulist`) ?? '') ?? [];
  const socket = cpu === undefined ? undefined : readInteger(`${sysfsRoot}/devices/system/cpu/cpu${cpu}/topology/physical_package_id`);
  return { id, ...(socket !== undefined && socket >= 0 && { socket }) };
};

const list = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};
