/** A line of CSV as RFC 4180 has it. */
export const csvLine = (cells: readonly unknown[]): string => `${cells.map(toCsvCell).join(',')}\r\n`;

/**
 * A value as a cell. A spreadsheet takes a text that begins with `=`, `+`, `-`, `@`, a tab or a line end for a formula, so
 * such a text gets an apostrophe before it (OWASP, "CSV Injection").
 */
const toCsvCell = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? harmless(value) : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const harmless = (text: string): string => (/^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text);
