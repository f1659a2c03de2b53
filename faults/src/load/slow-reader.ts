import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { projected } from '../projection.js';
import { inPhases, TWICE } from './phases.js';
import type { Scenario } from './scenario.js';

const RATE = 50;
const MINUTES = 1;

export const slowReader: Scenario = {
  title: 'Readers that stop',
  told: `VM states come at a steady rate while the inventory and a page that follows every event of the dashboard are frozen (SIGSTOP) and let
go again. Nobody waits for either: events are read from the stream, at each reader's own place. How much a frozen page has read in the end, and whether it was cut off, is told.`,
  run: (options) =>
    inPhases('slow-reader', options.rate ?? RATE, options, async ({ stage, services, dashboardUrl }, watch) => {
      const page = spawn(process.execPath, [fileURLToPath(new URL('page-reader.js', import.meta.url)), dashboardUrl], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      await watch(0.1);
      const frozen = [page, services.inventory.program().process];
      for (const one of frozen) one.kill('SIGSTOP');
      const phase = await watch(options.minutes ?? MINUTES);
      const behind = Math.max(...phase.samples.map(({ projectionLag }) => projectionLag));
      for (const one of frozen) one.kill('SIGCONT');
      const letGo = performance.now();
      await projected(stage);
      const caughtUp = (performance.now() - letGo) / 1_000;
      page.stdin.end();
      const [read] = (await once(page.stdout, 'data')) as [Buffer];
      const { bytes, cut } = JSON.parse(read.toString()) as { bytes: number; cut: number };
      return [
        {
          when: 'while they are frozen',
          phase,
          most: TWICE,
          figures: [
            { what: 'events that the inventory was behind', value: behind, unit: 'events', least: 1 },
            { what: 'until it had caught up, with new ones coming', value: caughtUp, unit: 's' },
            { what: 'read by the page', value: bytes / 1_024, unit: 'KiB', note: cut > 0 ? 'cut off while it was frozen' : 'not cut off' },
          ],
        },
      ];
    }),
};
