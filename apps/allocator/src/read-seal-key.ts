import { readFileSync } from 'node:fs';
import { parseSealKey, type SealKey } from '@vfleet/journal';
import { BadConfiguration } from '@vfleet/service-kit';

/**
 * The key that a file holds; undefined where no file is named. What is wrong with it is told without what it holds.
 * @throws BadConfiguration
 */
export const readSealKey = (file: string): SealKey | undefined => {
  if (file === '') return undefined;
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    throw new BadConfiguration(`VFLEET_ALLOCATOR_SEAL_KEY_FILE cannot be read: ${(error as Error).message}`);
  }
  const key = parseSealKey(pem);
  if (!key) throw new BadConfiguration('VFLEET_ALLOCATOR_SEAL_KEY_FILE must hold an Ed25519 private key, as vfleet security seal-key makes it');
  return key;
};
