import { inPhases } from './phases.js';
import type { Scenario } from './scenario.js';
import { hurry, slow, SLOW_MS } from '../slow-commits.js';

const RATE = 50;
const MINUTES = 1;

export const slowDisk: Scenario = {
  title: 'Slow disk',
  told: `VM states come at a steady rate while each append to the journal takes ${SLOW_MS} ms more, as on a disk that does not keep up. What
comes meanwhile is written together.`,
  run: (options) =>
    inPhases('slow-disk', options.rate ?? RATE, options, async ({ stage }, watch) => {
      await stage.database.query(slow);
      const phase = await watch(options.minutes ?? MINUTES);
      await stage.database.query(hurry);
      return [{ when: `while each commit takes ${SLOW_MS} ms more`, phase }];
    }),
};
