import { readFileSync } from 'node:fs';
import { parsePciAddress, type PciAddress } from '@vfleet/pci';
import { isMapping } from '../configuration/simulated-fault.js';
import { replaceFile } from '../durable-file.js';
import { KernelRefused, type SysfsWriter } from '../kernel/sysfs-writer.js';
import { MOST_VFS, SRIOV_PORTS, VFS_AT_FIRST } from './cards.js';

/** Makes virtual functions of a simulated host, and takes them away, as the kernel of a real one does. */
export interface SimulatedKernel extends SysfsWriter {
  readonly numVfs: (pf: PciAddress) => number;
}

const NUM_VFS = /^bus\/pci\/devices\/([^/]+)\/sriov_numvfs$/;

/** The numbers are kept in a file: an agent that starts again is no host that boots. `atFirst`: virtual functions of a port that nobody has asked for others. */
export const simulatedKernel = (file: string, atFirst = VFS_AT_FIRST): SimulatedKernel => {
  let numbers = load(file);
  const numVfs = (pf: PciAddress): number => numbers[pf] ?? atFirst;
  const refuse = (path: string, said: string, errno: string): never => {
    throw new KernelRefused(`${path} does not take ${said} (${errno})`);
  };
  return {
    numVfs,
    write: async (path, said) => {
      const pf = parsePciAddress(NUM_VFS.exec(path)?.[1] ?? '');
      if (!pf || !SRIOV_PORTS.includes(pf)) return refuse(path, said, 'EACCES');
      const wanted = Number(said);
      if (!Number.isInteger(wanted) || wanted < 0) return refuse(path, said, 'EINVAL');
      if (wanted > MOST_VFS) return refuse(path, said, 'ERANGE');
      if (wanted > 0 && numVfs(pf) > 0 && wanted !== numVfs(pf)) return refuse(path, said, 'EBUSY');
      numbers = { ...numbers, [pf]: wanted };
      replaceFile(file, JSON.stringify(numbers));
    },
  };
};

const load = (file: string): Readonly<Record<string, number>> => {
  try {
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const numbers = isMapping(kept) ? Object.entries(kept) : [];
    return Object.fromEntries(numbers.filter((one): one is [string, number] => Number.isInteger(one[1]) && (one[1] as number) <= MOST_VFS));
  } catch {
    return {};
  }
};
