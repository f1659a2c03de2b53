import { readFileSync } from 'node:fs';

/** The NATS server: `VFLEET_NATS_URL`, else that of the local system which `npm start` has started in this folder. */
export const natsUrl = () =>
  process.env.VFLEET_NATS_URL || JSON.parse(readFileSync(`${process.env.VFLEET_DATA_DIR || '.vfleet'}/endpoints.json`, 'utf8')).natsUrl;
