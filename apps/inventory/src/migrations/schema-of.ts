import type { QueryRunner } from 'typeorm';

/** The schema that the connection was made for: `inventory`, or the one that is built beside it. */
export const schemaOf = ({ connection: { options } }: QueryRunner): string => ('schema' in options && options.schema) || 'inventory';
