import { appendFileSync, closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces a file in one step: a crash, also of the machine, leaves the old one or the new one. Makes its folder. */
export const replaceFile = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeDurably(`${path}.new`, 'w', text);
  renameSync(`${path}.new`, path);
  syncFolder(dirname(path));
};

/** Adds to a file; it is on the disk when this returns. Makes the file, not its folder. */
export const appendDurably = (path: string, text: string): void => writeDurably(path, 'a', text);

/** Adds to a file; a crash of the machine may lose it. Makes the file, not its folder. */
export const append = (path: string, text: string): void => appendFileSync(path, text, { mode: 0o600 });

const writeDurably = (path: string, flag: 'w' | 'a', text: string): void => {
  const file = openSync(path, flag, 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** A renamed file is safe when its folder is on the disk too. */
const syncFolder = (folder: string): void => {
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};
