import { DECISIONS, GROUPS, LATENCIES, type Definition } from './definition.js';

const DECIDING = ['allocator', 'migrator'] as const;
const ALLOCATOR = ['allocator'] as const;

/** What decides, commits and passes on says of it. */
export const DECIDING_METRICS = {
  vfleet_decision_duration_seconds: {
    type: 'histogram',
    help: 'Time for one decision in memory, without its commit.',
    unit: 'seconds',
    of: ALLOCATOR,
    labels: ['command'],
    buckets: DECISIONS,
  },
  vfleet_commit_duration_seconds: {
    type: 'histogram',
    help: 'Time for one transaction on the journal, as its writer sees it.',
    unit: 'seconds',
    of: DECIDING,
    buckets: LATENCIES,
  },
  vfleet_commit_commands: { type: 'histogram', help: 'Commands that went into one transaction.', unit: 'commands', of: DECIDING, buckets: GROUPS },
  vfleet_commit_queue_commands: { type: 'gauge', help: 'Commands that wait to be decided.', unit: 'commands', of: DECIDING },
  vfleet_commit_failures_total: {
    type: 'counter',
    help: 'Transactions on the journal that failed for a cause that passes, and are tried again.',
    unit: 'transactions',
    of: DECIDING,
  },
  vfleet_events_total: { type: 'counter', help: 'Events that were written to the journal.', unit: 'events', of: DECIDING, labels: ['type'] },
  vfleet_reservations_total: {
    type: 'counter',
    help: 'What became of reservations: `made`, `refused` (the code says why), `released` (its cause is the code), `adopted`, `orphaned`.',
    unit: 'reservations',
    of: ALLOCATOR,
    labels: ['outcome', 'code'],
  },
  vfleet_releases_pending: {
    type: 'gauge',
    help: 'Reservations that their VM has let go and whose host still has devices attached.',
    unit: 'reservations',
    of: ALLOCATOR,
  },
  vfleet_release_pending_oldest_seconds: { type: 'gauge', help: 'Age of the oldest of them; 0 without one.', unit: 'seconds', of: ALLOCATOR },
  vfleet_identity_moves_total: {
    type: 'counter',
    help: 'Devices that were found at another address and kept their identity.',
    unit: 'devices',
    of: ALLOCATOR,
  },
  vfleet_inventory_divergences_total: {
    type: 'counter',
    help: 'Attestations that differed from what the journal holds; the agent was asked for everything.',
    unit: 'attestations',
    of: ALLOCATOR,
  },
  vfleet_facts_delayed_total: {
    type: 'counter',
    help: 'Facts of hosts that told more than their share, and that wait for all others’. The log names the hosts.',
    unit: 'facts',
    of: ALLOCATOR,
  },
  vfleet_dead_letters_total: {
    type: 'counter',
    help: 'Facts that were put with the dead letters, by the reason.',
    unit: 'facts',
    of: ALLOCATOR,
    labels: ['code'],
  },
  vfleet_relay_lag_events: { type: 'gauge', help: 'Events in the journal that VFLEET_EVT does not have yet.', unit: 'events', of: ALLOCATOR },
  vfleet_relay_lag_seconds: { type: 'gauge', help: 'Age of the oldest of them; 0 without one.', unit: 'seconds', of: ALLOCATOR },
  vfleet_relay_events_total: { type: 'counter', help: 'Events that were published to VFLEET_EVT.', unit: 'events', of: ALLOCATOR },
  vfleet_relay_failures_total: { type: 'counter', help: 'Times that the relay had to try again.', unit: 'failures', of: ALLOCATOR },
  vfleet_relay_stopped: {
    type: 'gauge',
    help: '1 while the stream is ahead of the journal: PostgreSQL has lost its tail, and nothing is published.',
    unit: '',
    of: ALLOCATOR,
  },
  vfleet_seal_lag_events: {
    type: 'gauge',
    help: 'Events in the journal that are not sealed yet. Served where the journal is sealed, as is the next.',
    unit: 'events',
    of: ALLOCATOR,
  },
  vfleet_seal_overdue_seconds: {
    type: 'gauge',
    help: 'Time that has gone beyond VFLEET_ALLOCATOR_SEAL_SECONDS since all was sealed that was due, or some of it; 0 while all is well.',
    unit: 'seconds',
    of: ALLOCATOR,
  },
} as const satisfies Record<string, Definition>;
