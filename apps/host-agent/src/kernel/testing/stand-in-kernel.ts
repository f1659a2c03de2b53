import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { addVfs, removeVfs, rewriteOnDisk } from '@vfleet/testing';
import { KernelRefused, sysfsWriter, type SysfsWriter } from '../sysfs-writer.js';

export interface StandInKernel extends SysfsWriter {
  /** What was written, in order: `bus/pci/devices/0000:01:00.0/sriov_numvfs 4`. */
  readonly written: readonly string[];
  /** The next write to a path that ends so fails, as a kernel fails. */
  refuse(ending: string, errno: string): void;
}

/**
 * Does with a tree on the disk what a kernel does when somebody writes into it (kernel documentation: ABI/testing/sysfs-bus-pci):
 * virtual functions come and go, drivers are bound and unbound, functions with a file `reset` are reset. Its own drivers are vfio-pci and those that the devices had at first.
 */
export const standInKernel = (root: string): StandInKernel => {
  const real = sysfsWriter(root);
  const written: string[] = [];
  const refused = new Map<string, string>();
  const drivers = new Map<string, string>();
  mkdirSync(join(root, 'bus/pci/drivers/vfio-pci'), { recursive: true });
  const device = (address: string): string => join(root, 'bus/pci/devices', address);
  const driverOf = (address: string): string | undefined =>
    existsSync(dirname(join(device(address), 'driver'))) ? nameOfLink(join(device(address), 'driver')) : undefined;

  const unbind = (address: string, driver: string): void => {
    if (driverOf(address) !== driver) throw new KernelRefused(`${address} is not bound to ${driver} (ENODEV)`);
    drivers.set(address, drivers.get(address) ?? driver);
    rmSync(join(device(address), 'driver'));
  };
  const bind = (address: string, driver: string): void => {
    if (driverOf(address) !== undefined) throw new KernelRefused(`${address} is bound (EBUSY)`);
    mkdirSync(join(root, 'bus/pci/drivers', driver), { recursive: true });
    symlinkSync(`../../../../bus/pci/drivers/${driver}`, join(device(address), 'driver'));
  };
  const probe = (address: string): void => {
    const override = text(join(device(address), 'driver_override'));
    const driver = override === undefined || override === '(null)' ? drivers.get(address) : override;
    if (driverOf(address) === undefined && driver !== undefined) bind(address, driver);
  };
  const setVfs = (pf: string, count: number): void => {
    const [now, total] = ['sriov_numvfs', 'sriov_totalvfs'].map((file) => Number(text(join(device(pf), file)))) as [number, number];
    if (count > total) throw new KernelRefused(`${pf} cannot have so many (ERANGE)`);
    if (now > 0 && count > 0) throw new KernelRefused(`${pf} has some already (EBUSY)`);
    rewriteOnDisk(root, (tree) => (count === 0 ? removeVfs(tree, pf) : addVfs(tree, pf, count, total)));
  };

  const react = (path: string, said: string): void => {
    const [, address, attribute] = /^bus\/pci\/devices\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    const [, driver, verb] = /^bus\/pci\/drivers\/([^/]+)\/(bind|unbind)$/.exec(path) ?? [];
    if (attribute === 'sriov_numvfs' && address !== undefined) return setVfs(address, Number(said));
    if (attribute === 'driver_override' && address !== undefined) return writeFileSync(join(root, path), `${said || '(null)'}\n`);
    if (attribute === 'reset' && existsSync(join(root, path))) return undefined;
    if (driver !== undefined) return verb === 'bind' ? bind(said, driver) : unbind(said, driver);
    if (path === 'bus/pci/drivers_probe') return probe(said);
    throw new KernelRefused(`${path} is not to be written to`);
  };

  return {
    written,
    refuse: (ending, errno) => void refused.set(ending, errno),
    write: async (path, said) => {
      const [ending, errno] = [...refused].find(([end]) => path.endsWith(end)) ?? [];
      written.push(`${path} ${said}`);
      if (ending !== undefined) {
        refused.delete(ending);
        throw new KernelRefused(`${path} does not take ${said} (${errno})`, errno);
      }
      // An attribute that is a file of the capture has to be there and to take it.
      if (/\/(sriov_numvfs|driver_override)$/.test(path)) {
        const before = readFileSync(join(root, path));
        await real.write(path, said);
        writeFileSync(join(root, path), before);
      }
      react(path, said);
    },
  };
};

const nameOfLink = (path: string): string | undefined => {
  try {
    return readlinkSync(path).split('/').at(-1);
  } catch {
    return undefined;
  }
};

const text = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined);
