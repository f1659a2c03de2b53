/**
 * Shows what happens to devices, each event once and in order, over restarts of this program and of everything else: the position
 * of the last event that was dealt with is kept in a file. Usage: node watch-events.mjs [FILE]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { VfleetClient } from '@vfleet/client';
import { natsUrl } from '../local-server.mjs';

const file = process.argv[2] ?? 'watch-events.position';
const seen = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
const client = await VfleetClient.connect({ url: natsUrl(), name: 'watch-events' });

/** As far as the journal goes now; a program that watches for ever leaves this out. */
const { journalPosition } = await client.request('system.status');

const WORDS = { DevicesReserved: 'gets', DevicesReleased: 'gives back', ReservationRejected: 'is refused' };

const show = ({ type, data }) => {
  const word = WORDS[type.split('.').at(-2)];
  if (word) console.log(`${data.vmId} ${word} ${data.devices?.map(({ address }) => address).join(', ') ?? data.message}`);
};

console.log(seen === 0 ? 'from the beginning' : 'from where it was left');
if (seen < journalPosition)
  for await (const event of client.events({ fromPosition: seen + 1 })) {
    show(event);
    writeFileSync(file, event.position);
    if (Number(event.position) >= journalPosition) break;
  }
await client.close();
