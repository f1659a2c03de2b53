import { existsSync, readdirSync, realpathSync } from 'node:fs';
import type { UnreadableDevice } from '../domain/hardware.js';
import { Unlisted, Unreadable } from './unreadable.js';

/** More devices than any bus of a machine has; a tree with more is not believed. */
const MAX_DEVICES = 16_384;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';

/** What a folder of links holds; undefined where there is no such bus. @throws Unlisted */
export const listBus = (folder: string): readonly string[] | undefined => {
  try {
    return readdirSync(folder).slice(0, MAX_DEVICES);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new Unlisted(`${folder} cannot be listed (${codeOf(error)})`);
  }
};

/** The real folder that a link of a bus leads to. A link that leads out of the tree is not followed. @throws Unreadable */
export const followDevice = (root: string, link: string): string => {
  let folder: string;
  try {
    folder = realpathSync.native(link);
  } catch (error) {
    throw new Unreadable(codeOf(error) === 'ELOOP' ? 'its link leads in a circle' : `vanished while it was read (${codeOf(error)})`);
  }
  if (!folder.startsWith(`${root}/`)) throw new Unreadable('its link leads out of the tree');
  return folder;
};

/**
 * Real folders of a bus's devices by their addresses. What is no address is left aside; what cannot be followed is named.
 * Empty where there is no such bus. @throws Unlisted
 */
export const busFolders = <Address extends string>(
  root: string,
  bus: string,
  addressOf: (name: string) => Address | undefined,
  unreadable: UnreadableDevice[],
): ReadonlyMap<Address, string> => {
  const folders = new Map<Address, string>();
  for (const name of listBus(`${root}/${bus}`) ?? []) {
    const address = addressOf(name);
    if (address !== undefined) attempt(address, unreadable, () => folders.set(address, followDevice(root, `${root}/${bus}/${name}`)));
  }
  return folders;
};

/** Reads one device; when it cannot be read it is named, and the others are read all the same. */
export const attempt = (address: string, unreadable: UnreadableDevice[], read: () => void): void => {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    unreadable.push({ address, message: error.message });
  }
};

/** What a device's folder holds. @throws Unreadable */
export const listDevice = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new Unreadable(`vanished while it was read (${codeOf(error)})`);
  }
};

/**
 * What was read of a device, if that is still there: what went in the middle has lost its driver and its group on the way,
 * and would be told as another one. @throws Unreadable
 */
export const ifStillThere = <Read>(folder: string, read: Read): Read => {
  if (!existsSync(folder)) throw new Unreadable('vanished while it was read');
  return read;
};

/** What a folder holds, where nothing hangs on its being there. */
export const listIfThere = (folder: string): readonly string[] => {
  try {
    return listBus(folder) ?? [];
  } catch (error) {
    if (error instanceof Unlisted) return [];
    throw error;
  }
};

/** Where a link leads, if it leads anywhere within the tree. */
export const followIfThere = (root: string, link: string): string | undefined => {
  try {
    return followDevice(root, link);
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
};
