import { readFileSync } from 'node:fs';

/** The NATS server: `VFLEET_NATS_URL`, else that of the local system which `npm start` has started in this folder. */
export const natsUrl = (): string => {
  const given = process.env['VFLEET_NATS_URL'];
  if (given) return given;
  const file = `${process.env['VFLEET_DATA_DIR'] || '.vfleet'}/endpoints.json`;
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly natsUrl: string }).natsUrl;
};
