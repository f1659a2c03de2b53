import { describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newSealKey } from '@vfleet/journal';
import { aFolder } from '@vfleet/testing';
import { readSealKey } from './read-seal-key.js';

const { id, privatePem, publicPem } = newSealKey();

const aFile = (content: string): string => {
  const file = join(aFolder('seal-key'), 'seal.key');
  writeFileSync(file, content);
  return file;
};

describe('the key that seals', () => {
  it('is what its file holds', () => {
    expect(readSealKey(aFile(privatePem))?.id).toBe(id);
  });

  it('is none where no file is named', () => {
    expect(readSealKey('')).toBe(undefined);
  });

  it.each([
    ['a file that is not there', '/nowhere/at/all'],
    ['a public key', aFile(publicPem)],
    ['something else', aFile(`canary ${privatePem.slice(0, 40)}`)],
  ])('is refused where there is %s: the setting is named, and nothing of what it holds', (_, file) => {
    expect(() => readSealKey(file)).toThrow(/^VFLEET_ALLOCATOR_SEAL_KEY_FILE (?!.*(canary|PRIVATE))/);
  });
});
