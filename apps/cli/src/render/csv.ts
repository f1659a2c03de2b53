import { safeText, type Value } from './text.js';

/** A record of RFC 4180 with the line end of this system: quoted where it has to be. Control characters show as in tables, for CSV cannot write them. */
export const csvLine = (values: readonly Value[]): string => `${values.map(field).join(',')}\n`;

const field = (value: Value): string => {
  if (value === null || value === undefined) return '';
  const text = safeText(String(value));
  return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
