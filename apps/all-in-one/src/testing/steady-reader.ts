import { VfleetClient } from '@vfleet/client';
import type { CloudEvent } from '@vfleet/contracts';
import { until } from '@vfleet/testing';

/** Somebody who follows all events from the first on. */
export interface SteadyReader {
  /** Ids of the events that it was given, in that order. */
  readonly ids: readonly string[];
  /** Resolves when it was given an event of that position, or a later one. */
  reaches(position: number): Promise<void>;
  close(): Promise<void>;
}

const REACHES_MS = 180_000;

/** Follows with the client that users have, and is told of one server alone: where that is gone, it has to find another one. */
export const aSteadyReader = async (url: string): Promise<SteadyReader> => {
  const client = await until('a server to let a reader in', () => VfleetClient.connect({ url, name: 'reader' }));
  const events = client.events({ fromPosition: 1 });
  const ids: string[] = [];
  let reached = 0;
  const take = ({ id, position }: CloudEvent): void => {
    ids.push(id);
    reached = Number(position);
  };
  const following = (async () => {
    for await (const event of events) take(event);
  })();
  following.catch(() => undefined);
  return {
    ids,
    reaches: async (position) =>
      void (await until(
        () => `a reader to be given event ${position}, which has ${reached}`,
        () => reached >= position,
        REACHES_MS,
      )),
    close: async () => {
      await events.return?.();
      await client.close();
      await following.catch(() => undefined);
    },
  };
};
