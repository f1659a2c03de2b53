import { Badge } from '@mantine/core';

/** One colour for one meaning, wherever a state is shown; the word always stands beside it. */
const COLOURS: Readonly<Record<string, string>> = {
  available: 'teal',
  free: 'teal',
  online: 'teal',
  running: 'teal',
  completed: 'teal',
  held: 'blue',
  releasing: 'grape',
  ineligible: 'gray',
  removed: 'gray',
  offline: 'gray',
  stopped: 'gray',
  missing: 'red',
  stale: 'red',
  failed: 'red',
  rejected: 'red',
  crashed: 'red',
  error: 'red',
  draining: 'yellow',
  rollingBack: 'yellow',
  rolledBack: 'yellow',
  cancelled: 'yellow',
};

/** In the words of readers: `rollingBack` is rolling back. */
export const sayState = (state: string): string => state.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** A state of a device, a host, a VM or a migration. */
export const StateBadge = ({ state }: { readonly state: string }) => <Badge color={COLOURS[state] ?? 'indigo'}>{sayState(state)}</Badge>;
