import type { HistoryItem } from '@vfleet/contracts';
import type { Kind } from './format.js';

interface Known {
  readonly vmId?: string;
  readonly address?: string;
  readonly reason?: string;
  readonly cause?: string;
  readonly name?: string | null;
}
const known = ({ data }: HistoryItem): Known => data ?? {};

/** What happened to a device. */
export const HISTORY: Kind<HistoryItem> = {
  columns: [
    { head: 'POSITION', of: ({ position }) => Number(position) },
    { head: 'TIME', of: ({ time }) => time },
    { head: 'EVENT', of: ({ type }) => type, tone: () => 'bold' },
    { head: 'VM', of: (event) => known(event).vmId },
    { head: 'ABOUT', of: (event) => known(event).reason ?? known(event).cause ?? known(event).name ?? known(event).address },
    { head: 'STREAM', of: ({ stream }) => stream, wide: true },
    { head: 'VERSION', of: ({ version }) => version, wide: true },
    { head: 'ID', of: ({ id }) => id, wide: true },
  ],
  name: ({ position }) => position,
};
