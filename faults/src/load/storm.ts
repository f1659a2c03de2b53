import { inPhases } from './phases.js';
import type { Scenario } from './scenario.js';

const RATE = 50;
const TIMES = 10;
const MINUTES = 1;

export const storm: Scenario = {
  title: 'Boot storm',
  told: `VM states come at a steady rate, then ten times as many for a minute, then at the steady rate again. What is too much waits in the
stream of facts, whose memory is the disk's; no more than a few hundred facts are at work in the allocator.`,
  run: (options) =>
    inPhases('storm', options.rate ?? RATE, options, async ({ traffic }, watch) => {
      traffic.at(TIMES * (options.rate ?? RATE));
      return [{ when: 'during the storm', phase: await watch(options.minutes ?? MINUTES) }];
    }),
};
