import { expect } from '@jest/globals';
import { readFileSync } from 'node:fs';

/** Whether a change lands must not be chance: always the same cases, unless others are asked for (`npm run test:properties`). */
const SEED = Number(process.env.VFLEET_PROPERTY_SEED ?? 301);

// Jest's setupFilesAfterEnv. Most specs have no properties, and need not wait for the library.
if (readFileSync(expect.getState().testPath, 'utf8').includes("from 'fast-check'")) {
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });
}
