import type { HistoryItem } from '@vfleet/contracts';
import { parseMoment } from './moment.js';

export interface SinceOptions {
  readonly since?: string;
}

export const SINCE = ['--since <when>', 'a time, how long ago (2h), or a position of the journal'] as const;

/** What is too old to be shown. @throws UsageError */
export const isBefore = ({ since }: SinceOptions): ((event: Pick<HistoryItem, 'position' | 'time'>) => boolean) => {
  if (since === undefined) return () => false;
  const moment = parseMoment('--since', since);
  return 'position' in moment ? ({ position }) => Number(position) < moment.position : ({ time }) => Date.parse(time) < moment.time.getTime();
};
