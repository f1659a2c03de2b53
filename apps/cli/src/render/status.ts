import type { ProjectionStatus, ServiceStatus, SystemStatus } from '@vfleet/contracts';
import { linesTable, listView, type Column, type Kind, type View } from './format.js';
import { toneOf } from './paint.js';
import { counted, orNothing, safeText } from './text.js';

const behind = ({ lagEvents, lagSeconds = 0 }: { readonly lagEvents?: number; readonly lagSeconds?: number }): string | undefined =>
  lagEvents === undefined ? undefined : `${counted(lagEvents, 'event')}, ${lagSeconds} s`;

const COLUMNS: readonly Column<ServiceStatus>[] = [
  { head: 'SERVICE', of: ({ name }) => name },
  { head: 'VERSION', of: ({ version }) => version },
  { head: 'ROLE', of: ({ role }) => role, tone: ({ role }) => toneOf(role) },
  { head: 'POSITION', of: ({ position }) => position },
  { head: 'BEHIND', of: behind },
  { head: 'INSTANCE', of: ({ id }) => id, tone: () => 'dim' },
];
const SERVICES: Kind<ServiceStatus> = { columns: COLUMNS, name: ({ name, id }) => `${name}/${id}` };

/** Whether the system works, and how far its parts are behind. */
export const statusView = (status: SystemStatus): View => {
  const { healthy, journalPosition, streamSequence, problems, services } = status;
  const parts = listView(SERVICES, services, 'No service answers.');
  return {
    ...parts,
    value: status,
    table: (paint, isWide) => {
      const head = linesTable(
        [
          ['system', healthy ? paint.good('healthy') : paint.bad('not healthy')],
          ['journal', `position ${journalPosition}`],
          ['stream', streamSequence === null ? paint.bad('away') : `sequence ${streamSequence}`],
          ...problems.map(({ code, message }) => ['problem', paint.bad(safeText(`${code}: ${message}`))] as const),
        ],
        paint,
      );
      return `${head}\n${parts.table(paint, isWide)}`;
    },
  };
};

export const PROJECTIONS: Kind<ProjectionStatus> = {
  columns: [
    { head: 'PROJECTION', of: ({ name }) => name },
    { head: 'POSITION', of: ({ position }) => position },
    { head: 'BEHIND', of: behind, tone: ({ lagSeconds }) => (lagSeconds > 0 ? 'warn' : undefined) },
    { head: 'REBUILDING', of: ({ rebuilding }) => (rebuilding ? 'yes' : null) },
  ],
  name: ({ name }) => orNothing(name),
};
