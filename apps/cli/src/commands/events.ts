import type { Command } from 'commander';
import type { VfleetClient } from '@vfleet/client';
import type { CloudEvent } from '@vfleet/contracts';
import { withClient, wholeNumber } from '../options.js';
import { renderEvent, wanted, type EventFilter } from '../render/events.js';
import type { Terminal } from '../terminal.js';
import { untilStopped } from '../until-stopped.js';

interface EventOptions extends EventFilter {
  readonly watch?: boolean;
  readonly since?: number;
}

/** Events shown where neither a position is said nor a watch asked for. */
const LAST = 20;

export const addEvents = (program: Command, terminal: Terminal): void => {
  program
    .command('events')
    .description(`show what happened: the last ${LAST} events, or everything from a position on`)
    .option('-w, --watch', 'go on showing what happens, until Ctrl-C')
    .option('--since <position>', 'from this position in the journal on', wholeNumber)
    .option('--host <hostId>', 'only what concerns one host')
    .option('--vm <vmId>', 'only what concerns one VM')
    .option('--type <event>', 'only one kind: DevicesReserved')
    .action(async (options: EventOptions, command: Command) =>
      withClient(command, terminal, async (client, { output }) => {
        for await (const event of chosenEvents(client, options, terminal.stopped))
          if (wanted(event, options)) terminal.out(renderEvent(event, output, terminal.paint));
      }),
    );
};

async function* chosenEvents(client: VfleetClient, { watch, since }: EventOptions, stopped: AbortSignal): AsyncGenerator<CloudEvent, void> {
  if (watch) return yield* untilStopped(stopped, client.events(since === undefined ? {} : { fromPosition: Math.max(1, since) }));
  const { journalPosition } = await client.request('system.status');
  const first = Math.max(1, since ?? journalPosition - LAST + 1);
  if (first > journalPosition) return;
  for await (const event of untilStopped(stopped, client.events({ fromPosition: first }))) {
    yield event;
    if (Number(event.position) >= journalPosition) return;
  }
}
