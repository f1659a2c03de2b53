import fs from 'node:fs';
import path from 'node:path';
import { conflict } from '@vfleet/contracts';
import { newSealKey } from '@vfleet/journal';
import { UsageError } from '../exit-codes.js';

export interface SealKeyFiles {
  readonly keyId: string;
  /** Files. */
  readonly privateKey: string;
  readonly publicKey: string;
}

const SECRET = 0o600;
const OPEN = 0o644;

/** @throws ApiError 409 where one of the files is there already, UsageError where nothing can be written */
export const makeSealKey = (folder: string): SealKeyFiles => {
  const [privateKey, publicKey] = [path.join(folder, 'seal.key'), path.join(folder, 'seal.pub')];
  const there = [privateKey, publicKey].find((file) => fs.existsSync(file));
  if (there !== undefined) throw conflict('ALREADY_EXISTS', `${there} is there, and nothing is overwritten; name another folder with --folder`);
  const { id, privatePem, publicPem } = newSealKey();
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    fs.writeFileSync(privateKey, privatePem, { mode: SECRET, flag: 'wx' });
    fs.writeFileSync(publicKey, publicPem, { mode: OPEN, flag: 'wx' });
  } catch (error) {
    throw new UsageError(`--folder ${folder} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
  return { keyId: id, privateKey, publicKey };
};
