import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestParts } from './guest-parts.js';

export interface KernelModule {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Module files below a folder by module name: `virtio_net.ko`, or with `.xz` as newer releases have them. */
const moduleFiles = (folder: string): ReadonlyMap<string, string> => {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\.ko(\.xz)?$/.test(path));
  return new Map(
    paths.map((path) => [
      path
        .replace(/^.*\//, '')
        .replace(/\.ko(\.xz)?$/, '')
        .replaceAll('-', '_'),
      join(folder, path),
    ]),
  );
};

/** A module's own words on what it needs: `depends=a,b` and a NUL, in its section .modinfo. */
const dependencies = (bytes: Buffer): readonly string[] =>
  /\0depends=([^\0]*)\0/
    .exec(bytes.toString('latin1'))?.[1]
    ?.split(',')
    .filter((name) => name !== '') ?? [];

const UNPACKED_BYTES = 64 * 1024 * 1024;

/** The modules of these names and what they need, in the order of loading. One that has no file is part of the kernel. */
export const kernelModules = ({ modules, busybox }: GuestParts, names: readonly string[]): readonly KernelModule[] => {
  const files = moduleFiles(modules);
  const read = (file: string): Buffer =>
    file.endsWith('.xz') ? execFileSync(busybox, ['unxz', '-c', file], { maxBuffer: UNPACKED_BYTES }) : readFileSync(file);
  const loaded = new Map<string, KernelModule>();
  const load = (said: string): void => {
    const name = said.replaceAll('-', '_');
    const file = files.get(name);
    if (file === undefined || loaded.has(name)) return;
    const bytes = read(file);
    dependencies(bytes).forEach(load);
    loaded.set(name, { name, bytes });
  };
  names.forEach(load);
  return [...loaded.values()];
};
