import type { NatsConnection } from '@nats-io/transport-node';
import type { ApiErrorBody } from '@vfleet/contracts';
import { inPhases } from './phases.js';
import type { Scenario } from './scenario.js';
import { hurry, slow } from '../slow-commits.js';

const RATE = 50;
/** Three times as many as may be at work in one service. */
const REQUESTS = 12_000;
const ANSWER_MS = 120_000;
const WATCH_MINUTES = 0.5;

type Answers = ReadonlyMap<string, number>;

/** Asks everything at once, and counts the answers by their codes. */
const askAll = async (nats: NatsConnection): Promise<Answers> => {
  const answers = new Map<string, number>();
  const ask = async (n: number): Promise<void> => {
    const body = JSON.stringify({ vmId: `asked-${n}`, state: 'running', sequence: 1 });
    const reply = await nats.request('vfleet.api.vms.report', body, { timeout: ANSWER_MS });
    const code = reply.headers?.get('Nats-Service-Error-Code') ? reply.json<ApiErrorBody>().error.code : 'answered';
    answers.set(code, (answers.get(code) ?? 0) + 1);
  };
  await Promise.all(Array.from({ length: REQUESTS }, (_, n) => ask(n)));
  return answers;
};

/** What the allocator counts itself. */
const refusedBy = async (metricsUrl: string): Promise<number> => {
  const page = await (await fetch(metricsUrl)).text();
  const series = page.matchAll(/^vfleet_requests_total\{[^}]*code="TOO_MANY_REQUESTS"[^}]*\} (\d+)$/gm);
  return [...series].reduce((sum, [, count]) => sum + Number(count), 0);
};

export const overload: Scenario = {
  title: 'More requests than can be taken',
  told: `${REQUESTS.toLocaleString('en')} requests at once to an allocator whose disk is slow, beside VM states at a steady rate. Those beyond what may be at work
are told TOO_MANY_REQUESTS at once, and are counted.`,
  run: (options) =>
    inPhases('overload', options.rate ?? RATE, options, async ({ stage, metricsUrl }, watch) => {
      await stage.database.query(slow);
      const [answers, phase] = await Promise.all([askAll(stage.nats), watch(options.minutes ?? WATCH_MINUTES)]);
      await stage.database.query(hurry);
      const told = answers.get('TOO_MANY_REQUESTS') ?? 0;
      const others = [...answers].filter(([code]) => code !== 'TOO_MANY_REQUESTS').map(([code, count]) => `${count} ${code}`);
      const counted = await refusedBy(metricsUrl);
      return [
        {
          when: 'meanwhile',
          phase,
          figures: [
            { what: 'requests told TOO_MANY_REQUESTS', value: told, unit: 'requests', least: 1, note: others.join(', ') },
            { what: 'of these, not counted by the allocator', value: told - counted, unit: 'requests', most: 0 },
          ],
        },
      ];
    }),
};
