import type { ServiceStatus, SystemStatus } from '@vfleet/contracts';
import { renderList, renderRecord, type Column, type Format } from './format.js';
import { paintState, type Paint } from './paint.js';
import { orNothing, safeText } from './text.js';

const SERVICE_COLUMNS: readonly Column<ServiceStatus>[] = [
  { head: 'SERVICE', cell: ({ name }) => orNothing(name) },
  { head: 'VERSION', cell: ({ version }) => orNothing(version) },
  { head: 'ROLE', cell: ({ role }, paint) => paintState(role, paint) },
  { head: 'POSITION', cell: ({ position }) => orNothing(position) },
  {
    head: 'BEHIND',
    cell: ({ lagEvents, lagSeconds }) => orNothing(lagEvents === undefined ? undefined : `${lagEvents} events, ${lagSeconds ?? 0} s`),
  },
  { head: 'INSTANCE', cell: ({ id }, paint) => paint.dim(orNothing(id)) },
];

export const renderStatus = (status: SystemStatus, format: Format, paint: Paint): string => {
  if (format !== 'table') return renderRecord({ value: status, lines: () => [] }, format, paint);
  const { healthy, journalPosition, streamSequence, problems, services } = status;
  const head = renderRecord(
    {
      value: status,
      lines: () => [
        ['system', healthy ? paint.good('healthy') : paint.bad('not healthy')],
        ['journal', `position ${journalPosition}`],
        ['stream', streamSequence === null ? paint.bad('away') : `sequence ${streamSequence}`],
        ...problems.map(({ code, message }) => ['problem', paint.bad(safeText(`${code}: ${message}`))] as const),
      ],
    },
    format,
    paint,
  );
  return `${head}\n${renderList({ items: services, columns: SERVICE_COLUMNS, empty: 'No service answers.' }, format, paint)}`;
};
