import type { ValueTransformer } from 'typeorm';

/** Times are RFC 3339 in UTC on this side of the database. */
export const rfc3339: ValueTransformer = { to: (text: string) => text, from: (date: Date | null) => date && date.toISOString() };
