import type { Drain } from '@vfleet/contracts';
import { renderList, renderRecord, type Column, type Format } from './format.js';
import { NO_PAINT, type Paint } from './paint.js';
import { orNothing, safeText } from './text.js';

interface Row {
  readonly vmId: string;
  readonly targetHostId?: string;
  readonly migrationId?: string;
  readonly code?: string;
  readonly message?: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { head: 'VM', cell: ({ vmId }) => orNothing(vmId) },
  { head: 'TO', cell: ({ targetHostId }) => orNothing(targetHostId) },
  { head: 'MIGRATION', cell: ({ migrationId }, paint) => paint.dim(orNothing(migrationId)) },
  {
    head: 'IN THE WAY',
    cell: ({ code, message = '' }, paint) => (code === undefined ? orNothing(null) : paint.warn(safeText(`${code}: ${message}`))),
  },
];

/** What moves where, and then what cannot; for programs the answer as it came. */
export const renderDrain = (drain: Drain, format: Format, paint: Paint): string =>
  format === 'table'
    ? renderList<Row>(
        { items: [...drain.migrations, ...drain.blocked], columns: COLUMNS, empty: 'Nothing holds devices there: the host is empty.' },
        format,
        paint,
      )
    : renderRecord({ value: drain, lines: () => [] }, format, NO_PAINT);
