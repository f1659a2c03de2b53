import { agent } from './agent-scan.js';
import { candidates } from './candidates.js';
import { allocator } from './desk.js';
import { ingestAndRebuild } from './ingest.js';
import { journalAppend } from './journal-append.js';
import { matching } from './matching.js';
import { store, toTable, type Measurement } from './measurement.js';
import { memory } from './memory.js';
import { migrations } from './migrations.js';
import { reads } from './reads.js';
import { reservations } from './reservations.js';
import { tenThousandHosts } from './ten-thousand-hosts.js';
import { vmLatency } from './vm-latency.js';

const SECTIONS: Readonly<Record<string, () => Promise<readonly Measurement[]>>> = {
  journal: journalAppend,
  allocator,
  memory,
  candidates,
  reservations,
  latency: vmLatency,
  matching,
  migrations,
  reads,
  fleet: tenThousandHosts,
  ingest: ingestAndRebuild,
  agent,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(SECTIONS, name));
if (unknown.length > 0) {
  process.stderr.write(`There is no section ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}.\n`);
  process.exit(64);
}

const measurements: Measurement[] = [];
for (const [name, section] of Object.entries(SECTIONS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`${name}…\n`);
  measurements.push(...(await section()));
}
process.stdout.write(`${toTable(measurements)}\n`);
store(measurements, new URL('../', import.meta.url));
