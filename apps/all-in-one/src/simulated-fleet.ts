import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Host, HostList } from '@vfleet/contracts';
import type { Say } from './servers.js';

/** So long nobody is kept waiting for hosts that are only played. */
const REPORTED_MS = 30_000;
const PAUSE_MS = 100;
const REPLY_MS = 1_000;
/** Hosts of one page, which is all that is looked at. */
const PAGE = 1_000;

/** The simulated hosts that are known with their devices, as text that changes as long as more of them is being told. */
const known = async (nats: NatsConnection): Promise<readonly string[]> => {
  const reply = await nats.request('vfleet.api.hosts.list', JSON.stringify({ limit: PAGE }), { timeout: REPLY_MS });
  const { items = [] } = reply.json<Partial<HostList>>();
  const isThere = ({ hostId, state, counts }: Host): boolean => hostId.startsWith('sim-') && state !== 'offline' && counts.total > 0;
  return items.filter(isThere).map(({ hostId, counts }) => `${hostId} ${counts.total}`);
};

/** Waits until the simulated hosts can be asked for their devices: whoever reads the ready line may use them at once. */
export const untilFleetReported = async (nats: NatsConnection, hosts: number, stopped: AbortSignal, say: Say): Promise<void> => {
  if (hosts === 0) return;
  let before = '';
  for (const end = Date.now() + REPORTED_MS; Date.now() < end; await delay(PAUSE_MS, undefined, { signal: stopped })) {
    const now = await known(nats).catch(() => []);
    if (now.length >= Math.min(hosts, PAGE) && now.join() === before) return say(`${hosts} simulated hosts have reported`);
    before = now.join();
  }
  say('the simulated hosts have not all reported yet; they go on with it');
};
