import { until } from '@vfleet/testing';
import type { Stage } from './stage.js';

/** The allocator that decides: the number that the database gave it, and its process. */
export interface Owner {
  readonly number: number;
  readonly pid: number;
}

/** The one that decides now, by the row that says so: its owner is named host, process and a name of its own. */
export const presentOwner = async ({ database }: Stage): Promise<Owner> => {
  const { rows } = await database.query<{ fence: string; owner: string }>(`select fence, owner from journal.leases where name = 'allocator'`);
  return { number: Number(rows[0]?.fence), pid: Number(rows[0]?.owner.split(':')[1]) };
};

/** Resolves with who decides once another one does. */
export const nextOwner = (stage: Stage, before: Owner): Promise<Owner> =>
  until('another owner', async () => {
    const now = await presentOwner(stage);
    return now.number > before.number && now;
  });

const LONGEST_ANSWER_MS = 500;

/** Resolves when so many allocators say that they decide, or that they stand by. */
export const areThere = (stage: Stage, role: 'deciding' | 'standing by', count: number): Promise<true> =>
  until(`${count} allocators ${role}`, async () => {
    const subject = `$SRV.PING.vfleet-allocator${role === 'deciding' ? '' : '-standby'}`;
    const names = new Set<string>();
    for await (const answer of await stage.nats.requestMany(subject, '', { maxMessages: count, maxWait: LONGEST_ANSWER_MS }))
      names.add(answer.json<{ id: string }>().id);
    return names.size === count;
  });
