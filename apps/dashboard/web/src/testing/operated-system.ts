import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { aBrowser } from '@vfleet/testing/browser';
import type { Browser } from 'playwright-core';
import { anOperator, type Operator } from './operator.js';
import { aRunningSystem, type RunningSystem } from './running-system.js';

const START_MS = 240_000;

/** What the specs of one file have: the system runs for all of them, an operator comes anew to each and must see nothing go wrong. */
export interface OperatedSystem {
  readonly system: RunningSystem;
  readonly operator: Operator;
}

/** Starts a system with so many simulated hosts before the specs of a file, and stops it after them. */
export const anOperatedSystem = (hosts: number, prepare: (system: RunningSystem) => Promise<void> | void = () => undefined): OperatedSystem => {
  let browser: Browser;
  let system: RunningSystem;
  let operator: Operator;
  beforeAll(async () => {
    [browser, system] = await Promise.all([aBrowser(), aRunningSystem(hosts)]);
    await prepare(system);
  }, START_MS);
  afterAll(async () => {
    await browser.close();
    await system.stop();
  });
  beforeEach(async () => {
    operator = await anOperator(browser, system);
  });
  afterEach(async () => {
    expect(operator.complaints()).toEqual([]);
    await operator.leave();
  });
  return {
    get system() {
      return system;
    },
    get operator() {
      return operator;
    },
  };
};
