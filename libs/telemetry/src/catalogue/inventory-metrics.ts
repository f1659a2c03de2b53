import type { Definition } from './definition.js';

const INVENTORY = ['inventory'] as const;

/** The fleet as the read side counts it; what is counted is read from its counters, so that a scrape costs the same with any number of devices. */
export const INVENTORY_METRICS = {
  vfleet_devices: {
    type: 'gauge',
    help: 'Devices of a host. `model`: its registered model, else its name, else vendor and product, else its type. See below for large fleets.',
    unit: 'devices',
    of: INVENTORY,
    labels: ['host', 'model', 'state'],
  },
  vfleet_devices_by_host_shown: {
    type: 'gauge',
    help: '0 where `vfleet_devices` is left out whole, for it would have more series than VFLEET_INVENTORY_METRICS_MAX_SERIES.',
    unit: '',
    of: INVENTORY,
  },
  vfleet_pool_devices: {
    type: 'gauge',
    help: 'Devices of the whole fleet, `model` as in `vfleet_devices`.',
    unit: 'devices',
    of: INVENTORY,
    labels: ['model', 'state'],
  },
  vfleet_hosts: { type: 'gauge', help: 'Hosts by what is known of them.', unit: 'hosts', of: INVENTORY, labels: ['state'] },
  vfleet_dead_letters: {
    type: 'gauge',
    help: 'Dead letters that nobody has replayed or discarded; counted up to 10,000.',
    unit: 'facts',
    of: INVENTORY,
  },
  vfleet_migrations_needing_operator: {
    type: 'gauge',
    help: 'Migrations that have failed and that nobody has retried or resolved; counted up to 10,000.',
    unit: 'migrations',
    of: INVENTORY,
  },
  vfleet_projection_lag_events: {
    type: 'gauge',
    help: 'Events in the journal that the read model does not hold yet.',
    unit: 'events',
    of: INVENTORY,
    labels: ['projection'],
  },
  vfleet_projection_lag_seconds: {
    type: 'gauge',
    help: 'Age of the oldest of them; 0 without one.',
    unit: 'seconds',
    of: INVENTORY,
    labels: ['projection'],
  },
  vfleet_projection_events_total: {
    type: 'counter',
    help: 'Events that this instance has applied to the read model.',
    unit: 'events',
    of: INVENTORY,
    labels: ['projection'],
  },
  vfleet_projection_failures_total: {
    type: 'counter',
    help: 'Batches of events that could not be applied and are tried again.',
    unit: 'batches',
    of: INVENTORY,
    labels: ['projection'],
  },
} as const satisfies Record<string, Definition>;
