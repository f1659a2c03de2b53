/**
 * Fills the allocator's memory with a fleet, as it folds it from the journal after a start, and says what that takes.
 * Every event is parsed from JSON, so that no text is shared but by what the memory itself does.
 */
import { Desk } from '@vfleet/allocator/desk';
import { FleetMemory } from '@vfleet/allocator/fleet-memory';
import type { Journal } from '@vfleet/journal';
import { hostReport } from './realistic-host.js';

const DEVICES_PER_HOST = 64;
/** Events between two commits, as a start reads them. */
const PAGE = 5_000;

const devices = Number(process.argv[2]);
const fleet = new FleetMemory();
let applied = 0;
for (let host = 0; host * DEVICES_PER_HOST < devices; host += 1)
  for (const [index, json] of hostReport(host, DEVICES_PER_HOST).entries()) {
    const { stream, type, data } = JSON.parse(json) as { stream: string; type: string; data: unknown };
    fleet.apply(stream, index + 1, { type, data });
    if ((applied += 1) % PAGE === 0) fleet.commit();
  }
fleet.commit();

/** Two wishes that any host might serve, so that every host is looked at and what is kept for the next wish is there. */
const look = async (): Promise<void> => {
  const nothing = (): void => undefined;
  const journal = { append: () => Promise.resolve(0) } as unknown as Journal;
  const desk = new Desk({ journal, memory: fleet, fence: () => undefined, onCommit: nothing, onEffect: nothing, onLost: nothing, log: nothing });
  for (const devices of [
    [{ device: '10GE', count: 2 }],
    [{ match: { functionType: 'vf', 'tags.rack': 'b4' } }, { match: { physicalNetwork: 'net-1' } }],
  ]) {
    const { kind } = await desk.submit({ command: { type: 'Reserve', request: { vmId: 'vm-1', devices, dryRun: true } } });
    if (kind !== 'reservation') throw new Error(`the fleet does not serve: ${kind}`);
  }
};

const weigh = (): { readonly residentBytes: number; readonly heapBytes: number } => {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { residentBytes: rss, heapBytes: heapUsed };
};

const folded = weigh();
await look();
let held = 0;
for (const hostId of fleet.hostIds()) held += fleet.host(hostId)?.devices.size ?? 0;
process.stdout.write(JSON.stringify({ devices: held, folded, searched: weigh() }));
