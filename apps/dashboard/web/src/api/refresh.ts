import type { Changes } from './changes.js';
import { follow, liveState } from './live.js';
import { queryClient } from './queries.js';
import { readAgain } from './read-again.js';

/** What is shown is read again at most this often, however much changes. */
const REFRESH_MS = 1_000;

const NOTHING: Changes = { hosts: [], devices: [], vms: [], migrations: [] };
const EVERYTHING: Changes = { hosts: 'many', devices: 'many', vms: 'many', migrations: 'many' };

const merge = (one: Changes, other: Changes): Changes => {
  const both = <Kind extends keyof Changes>(kind: Kind): Changes[Kind] => {
    const [left, right] = [one[kind] ?? [], other[kind] ?? []];
    return left === 'many' || right === 'many' ? 'many' : [...left, ...right];
  };
  return { hosts: both('hosts'), devices: both('devices'), vms: both('vms'), migrations: both('migrations') };
};

/** Reads again what is on the page and may have changed, for as long as the page is open. */
export const startRefreshing = (): (() => void) => {
  let waiting = NOTHING;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const refresh = (): void => {
    const changes = waiting;
    [waiting, timer] = [NOTHING, undefined];
    if (readAgain(queryClient, changes)) note(changes);
  };
  const note = (changes: Changes): void => {
    waiting = merge(waiting, changes);
    timer ??= setTimeout(refresh, REFRESH_MS);
  };
  const stop = follow('/live/changes', {
    heard: ({ data }) => note({ ...NOTHING, ...(JSON.parse(data) as Partial<Changes>) }),
    // Whatever was missed meanwhile.
    opened: () => (liveState.get() === 'live' ? undefined : (liveState.set('live'), note(EVERYTHING))),
    broken: (state) => liveState.set(state),
  });
  return () => (stop(), clearTimeout(timer));
};
