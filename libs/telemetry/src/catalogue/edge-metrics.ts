import { LATENCIES, STEPS, type Definition } from './definition.js';

const MIGRATOR = ['migrator'] as const;
const DASHBOARD = ['dashboard'] as const;
const AGENT = ['agent'] as const;

/** Moves, the dashboard, and the agents of hosts. */
export const EDGE_METRICS = {
  vfleet_migrations_total: {
    type: 'counter',
    help: 'Migrations that have come to an end: `completed`, `rolled_back`, `failed`, `cancelled`, `rejected`, `resolved`; the code says why.',
    unit: 'migrations',
    of: MIGRATOR,
    labels: ['outcome', 'code'],
  },
  vfleet_migrations_active: { type: 'gauge', help: 'Migrations and hot-plugs that are under way.', unit: 'migrations', of: MIGRATOR },
  vfleet_migration_step_duration_seconds: {
    type: 'histogram',
    help: 'Time for one step: `plan`, `unplug` and `plug` (of one device), `move` (the platform’s), `settle`. A step over which the migrator was started anew is not counted.',
    unit: 'seconds',
    of: MIGRATOR,
    labels: ['step'],
    buckets: STEPS,
  },
  vfleet_migration_interruption_seconds: {
    type: 'histogram',
    help: 'What a VM went without its devices in a completed migration: from the first one unplugged to the last one plugged.',
    unit: 'seconds',
    of: MIGRATOR,
    buckets: STEPS,
  },
  vfleet_migration_own_interruption_seconds: {
    type: 'histogram',
    help: 'The same without the platform’s move: the share of the control plane, its agents and hypervisors.',
    unit: 'seconds',
    of: MIGRATOR,
    buckets: STEPS,
  },
  vfleet_hotplugs_total: {
    type: 'counter',
    help: 'Devices attached to VMs and detached without a move: `completed`, `failed` or `rejected`; the code says why.',
    unit: 'operations',
    of: MIGRATOR,
    labels: ['outcome', 'code'],
  },
  vfleet_http_requests_total: {
    type: 'counter',
    help: 'Requests to the dashboard. `route` is the first part of the path where the dashboard has it, else `other`.',
    unit: 'requests',
    of: DASHBOARD,
    labels: ['method', 'route', 'status'],
  },
  vfleet_http_request_duration_seconds: {
    type: 'histogram',
    help: 'From the arrival of a request to the end of its answer; a page that watches is an answer that lasts.',
    unit: 'seconds',
    of: DASHBOARD,
    labels: ['route'],
    buckets: LATENCIES,
  },
  vfleet_http_requests_open: { type: 'gauge', help: 'Requests that are being answered, pages that watch included.', unit: 'requests', of: DASHBOARD },
  vfleet_agent_scans_total: {
    type: 'counter',
    help: 'Looks at the hardware: `ok`, or `failed` where nothing could be scanned.',
    unit: 'scans',
    of: AGENT,
    labels: ['result'],
  },
  vfleet_agent_scan_duration_seconds: {
    type: 'histogram',
    help: 'Time for one look at the hardware.',
    unit: 'seconds',
    of: AGENT,
    buckets: LATENCIES,
  },
  vfleet_agent_devices: { type: 'gauge', help: 'Devices that were told last.', unit: 'devices', of: AGENT },
  vfleet_agent_unreadable_devices: { type: 'gauge', help: 'Devices that could not be read in the last look.', unit: 'devices', of: AGENT },
  vfleet_agent_facts_total: { type: 'counter', help: 'Facts that the bus has taken.', unit: 'facts', of: AGENT, labels: ['fact'] },
  vfleet_agent_fact_retries_total: {
    type: 'counter',
    help: 'Times that the bus did not take a fact, and it was tried again.',
    unit: 'facts',
    of: AGENT,
  },
  vfleet_agent_facts_waiting: { type: 'gauge', help: 'Facts that the bus does not have yet.', unit: 'facts', of: AGENT },
  vfleet_agent_commands_total: {
    type: 'counter',
    help: 'Outcomes of commands to attach and detach: `done`, or `failed` with its code.',
    unit: 'commands',
    of: AGENT,
    labels: ['verb', 'outcome', 'code'],
  },
} as const satisfies Record<string, Definition>;
