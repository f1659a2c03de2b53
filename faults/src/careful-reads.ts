import { until } from '@vfleet/testing';
import type { Stage } from './stage.js';
import { DEVICES_PER_HOST, HOSTS } from './vm-load.js';

/** One question and what its answer must show; what it throws makes it a read that failed. */
export type Read = () => Promise<void>;

/** Readers that ask all the time, and once more where they get no answer. */
export interface CarefulReads {
  /** Resolves when all that was being asked is answered, and as much again. */
  readonly goOn: () => Promise<void>;
  /** Reads that got an answer, those that needed a second try for it, and what was wrong with those that got none; a sentence each. */
  readonly stop: () => Promise<{ readonly answered: number; readonly retried: number; readonly failed: readonly string[] }>;
}

const GO_ON_MS = 180_000;
/** After a read that failed. */
const PAUSE_MS = 100;

/** One reader for each question, which goes on for as long as it is not stopped. */
export const readCarefully = (reads: readonly Read[]): CarefulReads => {
  let [going, answered, retried] = [true, 0, 0];
  const failed: string[] = [];
  const rounds = reads.map(() => 0);
  const read = async (ask: Read): Promise<void> => {
    const first = await ask().catch((error: Error) => error);
    if (first instanceof Error) {
      retried += 1;
      const second = await ask().catch((error: Error) => error);
      if (second instanceof Error) {
        failed.push(`${first.message}; once more: ${second.message}`);
        return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
    answered += 1;
  };
  const readers = reads.map(async (ask, n) => {
    while (going) {
      await read(ask);
      rounds[n] = (rounds[n] ?? 0) + 1;
      await new Promise(setImmediate);
    }
  });
  return {
    goOn: async () => {
      const before = [...rounds];
      await until('all reads to go on', () => rounds.every((round, n) => round >= (before[n] ?? 0) + 2), GO_ON_MS);
    },
    stop: async () => {
      going = false;
      await Promise.all(readers);
      return { answered, retried, failed };
    },
  };
};

/** Shorter than a dashboard's own, which answers 503 then. */
const ANSWER_MS = 10_000;
const PAGE_ANSWER_MS = 30_000;

interface Hosts {
  readonly items: readonly { readonly counts: { readonly total: number } }[];
}

const isWhole = (from: string, { items }: Hosts): void => {
  const devices = items.reduce((sum, { counts }) => sum + counts.total, 0);
  if (devices !== HOSTS * DEVICES_PER_HOST) throw new Error(`${from} shows ${items.length} hosts and ${devices} devices`);
};

const WHOLE_FLEET = JSON.stringify({ limit: 1_000 });

/** Asks the inventories for the whole fleet over the bus, as the command line does. */
export const overTheBus =
  ({ nats }: Stage): Read =>
  async () => {
    const reply = await nats.request('vfleet.api.hosts.list', WHOLE_FLEET, { timeout: ANSWER_MS });
    if (reply.headers?.get('Nats-Service-Error-Code')) throw new Error(`hosts.list was refused: ${reply.string()}`);
    isWhole('hosts.list', reply.json<Hosts>());
  };

/** Asks the dashboards for the same, as a page does. */
export const overTheProxy =
  (url: string): Read =>
  async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(new URL('api/hosts.list', url), {
      method: 'POST',
      headers,
      body: WHOLE_FLEET,
      signal: AbortSignal.timeout(PAGE_ANSWER_MS),
    });
    if (!answer.ok) throw new Error(`a dashboard answered ${answer.status}: ${await answer.text()}`);
    isWhole('a dashboard', (await answer.json()) as Hosts);
  };
