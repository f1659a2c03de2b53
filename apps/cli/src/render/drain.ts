import type { Drain } from '@vfleet/contracts';
import { listView, type Kind, type View } from './format.js';

interface Row {
  readonly vmId: string;
  readonly targetHostId?: string;
  readonly migrationId?: string;
  readonly code?: string;
  readonly message?: string;
}

const ROWS: Kind<Row> = {
  columns: [
    { head: 'VM', of: ({ vmId }) => vmId },
    { head: 'TO', of: ({ targetHostId }) => targetHostId },
    { head: 'MIGRATION', of: ({ migrationId }) => migrationId, tone: () => 'dim' },
    { head: 'IN THE WAY', of: ({ code, message = '' }) => (code === undefined ? null : `${code}: ${message}`), tone: () => 'warn' },
  ],
  name: ({ vmId }) => vmId,
};

/** What moves where, and then what cannot; for programs the answer as it came. */
export const drainView = (drain: Drain): View => ({
  ...listView<Row>(ROWS, [...drain.migrations, ...drain.blocked], 'Nothing holds devices there: the host is empty.'),
  value: drain,
});
