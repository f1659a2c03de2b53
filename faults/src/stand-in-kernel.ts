import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * What a kernel does when an agent writes into sysfs to bind a device (kernel documentation: ABI/testing/sysfs-bus-pci), done to
 * files. It runs in the agent's process, and like a kernel's all that it knows is in the tree: it outlives the agent.
 */
const pathOf = (root: string, address: string): string => join(root, 'bus/pci/devices', address);
/** The driver that would take the device by itself; kept where no agent looks. */
const ownFile = (root: string, address: string): string => join(root, 'own-drivers', address);
const text = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined);

/** The driver that a device is bound to. */
export const driverOf = (root: string, address: string): string | undefined => {
  try {
    return basename(readlinkSync(join(pathOf(root, address), 'driver')));
  } catch {
    return undefined;
  }
};

/** What `driver_override` of a device says; undefined where it says nothing. */
export const overrideOf = (root: string, address: string): string | undefined => {
  const said = text(join(pathOf(root, address), 'driver_override'));
  return said === '(null)' ? undefined : said;
};

/** Makes the driver of passed-through devices known. */
export const loadVfio = (root: string): void => void mkdirSync(join(root, 'bus/pci/drivers/vfio-pci'), { recursive: true });

const unbind = (root: string, address: string): void => {
  const driver = driverOf(root, address);
  mkdirSync(join(root, 'own-drivers'), { recursive: true });
  if (driver !== undefined && !existsSync(ownFile(root, address))) writeFileSync(ownFile(root, address), driver);
  rmSync(join(pathOf(root, address), 'driver'), { force: true });
};

const bind = (root: string, address: string, driver: string | undefined): void => {
  if (driver !== undefined && driverOf(root, address) === undefined)
    symlinkSync(`../../../../bus/pci/drivers/${driver}`, join(pathOf(root, address), 'driver'));
};

/** Does what a write comes to. */
export const write = (root: string, path: string, said: string): void => {
  const [, device, attribute] = /^bus\/pci\/devices\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const [, driver, verb] = /^bus\/pci\/drivers\/([^/]+)\/(bind|unbind)$/.exec(path) ?? [];
  if (device !== undefined && attribute === 'driver_override') return writeFileSync(join(pathOf(root, device), attribute), `${said || '(null)'}\n`);
  if (verb === 'unbind') return unbind(root, said);
  if (verb === 'bind') return bind(root, said, driver);
  if (path === 'bus/pci/drivers_probe') return bind(root, said, overrideOf(root, said) ?? text(ownFile(root, said)));
  throw new Error(`the stand-in kernel knows nothing of ${path}`);
};
