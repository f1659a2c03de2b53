import type { Command } from 'commander';
import type { VfleetClient } from '@vfleet/client';
import type { CloudEvent } from '@vfleet/contracts';
import { parseMoment } from '../moment.js';
import { wholeNumber, withClient } from '../options.js';
import { EVENTS, eventLine, wanted, type EventFilter } from '../render/events.js';
import { renderStream } from '../render/format.js';
import type { Terminal } from '../terminal.js';
import { untilStopped } from '../until-stopped.js';
import { addVerb } from '../verb.js';
import { idOf } from './device-changes.js';

interface EventOptions extends EventFilter {
  readonly watch?: boolean;
  readonly since?: string;
  readonly last: number;
}

/** Events shown where nothing else is said. */
const LAST = 20;

export const addEvents = (program: Command, terminal: Terminal): void => {
  addVerb(program, {
    name: 'events',
    tells: `show what happened: the last ${LAST} events, or everything since a time or a position`,
    asks: ['system.status', 'devices.get'],
    examples: ['vfleet events --since 10m --vm vm-42', 'vfleet events --type DevicesReserved -o json', 'vfleet events --last 5 -o csv'],
  })
    .option('-w, --watch', 'go on showing what happens, until Ctrl-C')
    .option('--since <when>', 'from a time, so long ago (10m), or a position of the journal on')
    .option('--last <number>', 'so many of the newest, where nothing else is said', wholeNumber, LAST)
    .option('--host <hostId>', 'only what concerns one host')
    .option('--vm <vmId>', 'only what concerns one VM')
    .option('--device <device>', 'only what concerns one device: its device id, or host/address')
    .option('--migration <migrationId>', 'only what concerns one move')
    .option('--type <event>', 'only one kind: DevicesReserved')
    .action(async (options: EventOptions, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        const filter = { ...options, ...(options.device !== undefined && { device: await idOf(client, options.device) }) };
        const text = renderStream(EVENTS, eventLine, output, terminal.paint);
        for await (const event of chosenEvents(client, options, terminal.stopped)) if (wanted(event, filter)) terminal.out(text(event));
      }),
    );
};

async function* chosenEvents(client: VfleetClient, { watch, since, last }: EventOptions, stopped: AbortSignal): AsyncGenerator<CloudEvent, void> {
  const from = since === undefined ? undefined : Math.max(1, await positionOf(client, since));
  if (watch) return yield* untilStopped(stopped, client.events(from === undefined ? {} : { fromPosition: from }));
  const { journalPosition } = await client.request('system.status');
  const first = from ?? Math.max(1, journalPosition - last + 1);
  if (first > journalPosition) return;
  for await (const event of untilStopped(stopped, client.events({ fromPosition: first }))) {
    yield event;
    if (Number(event.position) >= journalPosition) return;
  }
}

/** @throws UsageError */
const positionOf = async (client: VfleetClient, since: string): Promise<number> => {
  const moment = parseMoment('--since', since);
  return 'position' in moment ? moment.position : client.positionAt(moment.time);
};
