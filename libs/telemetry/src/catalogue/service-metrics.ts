import { LATENCIES, type Definition } from './definition.js';

const EVERY = ['allocator', 'inventory', 'migrator', 'dashboard', 'agent'] as const;
const DECIDING = ['allocator', 'migrator'] as const;
const ANSWERING = ['allocator', 'inventory', 'migrator'] as const;

/** What every service serves, and what several share. */
export const SERVICE_METRICS = {
  vfleet_build_info: {
    type: 'gauge',
    help: '1; its labels say what runs here. `commit` is what VFLEET_COMMIT said at the start.',
    unit: '',
    of: EVERY,
    labels: ['service', 'version', 'commit'],
  },
  vfleet_ready: { type: 'gauge', help: '1 while everything that the service needs is there, as /health/ready says.', unit: '', of: EVERY },
  vfleet_role: {
    type: 'gauge',
    help: '1 for the role that this instance has: `active` decides, `standby` waits, `starting` is not that far.',
    unit: '',
    of: DECIDING,
    labels: ['role'],
  },
  vfleet_lease_fence: { type: 'gauge', help: 'Number of the owner that this instance is; 0 while it is none.', unit: '', of: DECIDING },
  vfleet_requests_total: {
    type: 'counter',
    help: 'Requests that were answered. `result`: `ok`, `refused` (the code says why) or `failed` (500 and above).',
    unit: 'requests',
    of: ANSWERING,
    labels: ['subject', 'result', 'code'],
  },
  vfleet_request_duration_seconds: {
    type: 'histogram',
    help: 'From the arrival of a request to its answer.',
    unit: 'seconds',
    of: ANSWERING,
    labels: ['subject'],
    buckets: LATENCIES,
  },
  vfleet_facts_total: {
    type: 'counter',
    help: 'Facts that were settled. `result`: `accepted`, or `refused` with its code; those went to the dead letters.',
    unit: 'facts',
    of: DECIDING,
    labels: ['fact', 'result', 'code'],
  },
  vfleet_fact_retries_total: {
    type: 'counter',
    help: 'Facts that had to be tried again, for a cause that passes: the journal was away, or too much was waiting.',
    unit: 'facts',
    of: DECIDING,
    labels: ['fact'],
  },
  vfleet_fact_duration_seconds: {
    type: 'histogram',
    help: 'From the taking of a fact from the bus until it is settled and committed.',
    unit: 'seconds',
    of: DECIDING,
    labels: ['fact'],
    buckets: LATENCIES,
  },
  vfleet_nats_connected: { type: 'gauge', help: '1 while the connection to NATS stands.', unit: '', of: EVERY },
} as const satisfies Record<string, Definition>;
