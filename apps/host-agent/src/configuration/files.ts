import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { BadConfiguration } from './faults.js';

/** No configuration is larger. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A configuration file's bytes. @throws BadConfiguration when it cannot be read. */
export const readConfigurationFile = (path: string): Buffer => {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    if (fstatSync(file).size > MAX_BYTES) throw new Error(`is larger than ${MAX_BYTES} bytes`);
    return readFileSync(file);
  } catch (error) {
    throw new BadConfiguration([{ where: path, message: `cannot be read: ${(error as Error).message}` }]);
  } finally {
    if (file !== undefined) closeSync(file);
  }
};
