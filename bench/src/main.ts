import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { agent } from './agent-scan.js';
import { candidates } from './candidates.js';
import { dashboards } from './dashboards.js';
import { allocator } from './desk.js';
import { ingestAndRebuild } from './ingest.js';
import { journalAppend } from './journal-append.js';
import { matching } from './matching.js';
import { store, toTable, type Measurement } from './measurement.js';
import { memory } from './memory.js';
import { migrations } from './migrations.js';
import { reads } from './reads.js';
import { reservations } from './reservations.js';
import { simulatedFleet } from './simulated-fleet.js';
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
  agents: simulatedFleet,
  ingest: ingestAndRebuild,
  agent,
  dashboards,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(SECTIONS, name));
if (unknown.length > 0) {
  process.stderr.write(`There is no section ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}.\n`);
  process.exit(64);
}

const RESULTS = new URL('../', import.meta.url);
const names = Object.keys(SECTIONS).filter((name) => wanted.length === 0 || wanted.includes(name));
const [only, another] = names;
if (only && !another) {
  const measurements = await (SECTIONS[only] as () => Promise<readonly Measurement[]>)();
  store(measurements, RESULTS);
  process.stdout.write(`${toTable(measurements)}\n`);
} else {
  // Each in a process of its own: what one leaves in memory, the next would pay for.
  for (const name of names) {
    process.stderr.write(`${name}…\n`);
    execFileSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), name], { stdio: ['ignore', 'inherit', 'inherit'] });
  }
}
