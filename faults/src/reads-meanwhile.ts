import type { Host } from '@vfleet/contracts';
import type { Acknowledged } from './findings.js';
import type { Stage } from './stage.js';
import { DEVICES_PER_HOST, HOSTS } from './vm-load.js';

/** What somebody saw who read all the time. */
export interface Seen {
  readonly answers: number;
  /** Answers that were refused, did not come, or showed less of the fleet than there is; a sentence each. */
  readonly gaps: readonly string[];
  /** The longest that something acknowledged was not shown yet, in milliseconds. */
  readonly staleMs: number;
  /** The longest that an answer took. */
  readonly longestMs: number;
}

export interface Reader {
  /** What was acknowledged is to be shown from now on. */
  readonly acknowledged: (one: Acknowledged) => void;
  readonly stop: () => Promise<Seen>;
}

const ANSWER_MS = 10_000;
const PAUSE_MS = 5;

/** Reads the whole fleet, and the newest VM that was acknowledged, over and over until it is stopped. */
export const readAllTheTime = (stage: Stage): Reader => {
  let [going, answers, staleMs, longestMs] = [true, 0, 0, 0];
  let newest: (Acknowledged & { readonly at: number }) | undefined;
  const gaps: string[] = [];
  const read = async <T>(name: string, body: object): Promise<T | undefined> => {
    const asked = performance.now();
    try {
      const reply = await stage.nats.request(`vfleet.api.${name}`, JSON.stringify(body), { timeout: ANSWER_MS });
      answers += 1;
      longestMs = Math.max(longestMs, Math.round(performance.now() - asked));
      if (!reply.headers?.get('Nats-Service-Error-Code')) return reply.json<T>();
      if (!reply.string().includes('VM_NOT_FOUND')) gaps.push(`${name} was refused: ${reply.string()}`);
    } catch (error) {
      gaps.push(`${name} was not answered: ${(error as Error).message}`);
    }
    return undefined;
  };
  const fleet = async (): Promise<void> => {
    const reply = await read<{ items: readonly Host[] }>('hosts.list', { limit: 1_000 });
    if (!reply) return;
    const devices = reply.items.reduce((sum, { counts }) => sum + counts.total, 0);
    if (devices < HOSTS * DEVICES_PER_HOST) gaps.push(`${reply.items.length} hosts and ${devices} devices were shown`);
  };
  const vm = async (): Promise<void> => {
    const wanted = newest;
    if (!wanted) return;
    while (going && !(await read<{ reservation: object | null }>('vms.get', { vmId: wanted.vmId }))?.reservation)
      staleMs = Math.max(staleMs, Math.round(performance.now() - wanted.at));
  };
  const repeat = async (look: () => Promise<void>): Promise<void> => {
    while (going) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const readers = [repeat(fleet), repeat(vm)];
  return {
    acknowledged: (one) => (newest = { ...one, at: performance.now() }),
    stop: async () => {
      going = false;
      await Promise.all(readers);
      return { answers, gaps, staleMs, longestMs };
    },
  };
};
