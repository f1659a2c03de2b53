import type { Eligibility } from '@vfleet/contracts';
import type { Column } from './format.js';
import { orNothing } from './text.js';

export const EXCLUDED_CLASS_COLUMNS: readonly Column<Eligibility['excludedClasses'][number]>[] = [
  { head: 'CLASS', cell: ({ class: code }) => orNothing(code) },
  { head: 'REASON', cell: ({ reason }) => orNothing(reason) },
];
