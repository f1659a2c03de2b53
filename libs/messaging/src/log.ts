/** A constant message plus fields. */
export type Log = (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: object) => void;
