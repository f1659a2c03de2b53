import { UsageError } from './exit-codes.js';

/** A position of the journal, or a time. */
export type Moment = { readonly position: number } | { readonly time: Date };

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const HOW = 'write a position of the journal (4711), a time (2026-11-20T10:00:00Z) or how long ago (90s, 10m, 2h, 3d)';

/** @throws UsageError that names the option */
export const parseMoment = (option: string, text: string, now = new Date()): Moment => {
  if (/^\d{1,15}$/.test(text)) return { position: Number(text) };
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return { time: new Date(now.getTime() - Number(count) * (UNITS[unit] as number)) };
  const milliseconds = /^\d{4}-\d{2}-\d{2}([Tt ]|$)/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(milliseconds)) throw new UsageError(`${option} ${text} is no moment; ${HOW}`);
  return { time: new Date(milliseconds) };
};

/** As the requests take it in `at`, `from` and `to`. @throws UsageError */
export const toAt = (option: string, text: string): string => {
  const moment = parseMoment(option, text);
  return 'position' in moment ? String(moment.position) : moment.time.toISOString();
};

/** For what is found by time only. @throws UsageError */
export const parseTime = (option: string, text: string): Date => {
  const moment = parseMoment(option, text);
  if ('time' in moment) return moment.time;
  throw new UsageError(`${option} ${text} is a position; write a time (2026-11-20T10:00:00Z) or how long ago (90s, 10m, 2h, 3d)`);
};
