import { STREAMS } from './subjects.js';

/** What a user of the bus may do; subjects as NATS has them, wildcards included. Whatever is not named is refused. */
export interface BusPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Taken out of what the lists above allow. */
  readonly except?: { readonly publish?: readonly string[]; readonly subscribe?: readonly string[] };
  /** May answer what it was asked, once and soon, wherever the answer goes. */
  readonly answers?: boolean;
}

/** Who answers requests: to each of them anybody's inbox has to be open. */
export const ANSWERING_SERVICES = ['allocator', 'migrator', 'inventory'] as const;
export type AnsweringService = (typeof ANSWERING_SERVICES)[number];
/** Who only asks, tells and watches. */
export const BUS_CLIENTS = ['dashboard', 'operator', 'platform', 'reader'] as const;
export type BusClient = (typeof BUS_CLIENTS)[number];

/** The process that plays hosts; each host that it plays is a user of its own. */
export const SIMULATION = 'simulation';

/** Where replies to a service or a client arrive. No host's inbox begins like this, whatever the host is called. */
export const inboxOf = (user: AnsweringService | BusClient): string => `_INBOX.${user}`;
/** Where replies to a host's agent arrive: nobody else may hear there. */
export const inboxOfHost = (hostId: string): string => `_INBOX_${hostId}`;

/** Where replies to the process that plays hosts arrive. */
export const SIMULATION_INBOX = `_INBOX.${SIMULATION}`;

/** What JetStream lets its clients do with a stream, each verb at a subject of its own. */
const stream = (verbs: readonly string[], name: string): readonly string[] => verbs.map((verb) => `$JS.API.${verb}.${name}`);
const JETSTREAM = '$JS.API.INFO';
const LOOK_AT_STREAM = ['STREAM.INFO'];
const MAKE_STREAM = ['STREAM.INFO', 'STREAM.CREATE'];

/** Consumers of one's own, whose names nobody else knows. */
const consume = (name: string): readonly string[] => [
  ...stream(['CONSUMER.CREATE'], name),
  ...stream(['CONSUMER.CREATE', 'CONSUMER.INFO', 'CONSUMER.MSG.NEXT', 'CONSUMER.DELETE'], `${name}.>`),
];

const { IN, EVT, DLQ } = STREAMS;
/** By a durable consumer, after a look at those of earlier owners. */
const TAKE_FACTS = [
  JETSTREAM,
  ...stream([...MAKE_STREAM, 'CONSUMER.LIST'], IN.name),
  ...stream(['CONSUMER.DURABLE.CREATE'], `${IN.name}.>`),
  ...consume(IN.name),
  `$JS.ACK.${IN.name}.>`,
  ...stream(MAKE_STREAM, DLQ.name),
  ...DLQ.subjects,
];
/** Events, as they come and as they were; a single message as well. */
const READ_EVENTS = [
  JETSTREAM,
  ...stream([...LOOK_AT_STREAM, 'STREAM.MSG.GET', 'DIRECT.GET'], EVT.name),
  ...stream(['DIRECT.GET'], `${EVT.name}.>`),
  ...consume(EVT.name),
];
const SERVE = ['vfleet.api.>', 'vfleet.tenant.>', 'vfleet.internal.>', '$SRV.>'];

const SERVICES: Readonly<Record<AnsweringService, readonly string[]>> = {
  // The relay makes the stream of events anew when it has lost some, and looks whether its last one is the journal's. An update
  // gives a stream that is there more replicas.
  allocator: [
    ...EVT.subjects,
    ...TAKE_FACTS,
    ...stream([...MAKE_STREAM, 'STREAM.DELETE', 'STREAM.MSG.GET'], EVT.name),
    ...[IN, EVT, DLQ].flatMap(({ name }) => stream(['STREAM.UPDATE'], name)),
    'vfleet.agent.*.probe',
    'vfleet.internal.vm.seen',
  ],
  migrator: [
    ...TAKE_FACTS,
    'vfleet.agent.*.hostdev.*',
    'vfleet.platform.vm.migrate',
    'vfleet.internal.allocator.>',
    'vfleet.internal.relay.kick',
    'vfleet.api.migrations.get',
  ],
  // An operator has it publish dead letters again: facts of any host and VM.
  inventory: [...READ_EVENTS, ...IN.subjects, '$SRV.>', 'vfleet.internal.allocator.>'],
};

/**
 * What a service may do that answers requests.
 * @param inboxes where those may hear who ask it, beside services and clients: `_INBOX_h1.>`. Not left to NATS'
 * `allow_responses`, which remembers the acknowledgement of each message that a consumer gets as an answer that is due, and
 * goes through all of them again and again.
 */
export const servicePermissions = (service: AnsweringService, inboxes: readonly string[]): BusPermissions => ({
  publish: [...SERVICES[service], '_INBOX.>', ...inboxes],
  subscribe: [...SERVE, `${inboxOf(service)}.>`],
});

const LOOK = [
  'vfleet.api.*.list',
  'vfleet.api.*.get',
  'vfleet.api.devices.affected',
  'vfleet.api.devices.history',
  'vfleet.api.devices.holders',
  'vfleet.api.hosts.tree',
  'vfleet.api.candidates.*',
  'vfleet.api.migrations.plan',
  'vfleet.api.system.status',
];
/** What a platform changes: what its VMs hold, and where they are. Models, policies, quotas and dead letters are the operators'. */
const RUN_VMS = ['vfleet.in.vm.*.*', 'vfleet.api.vms.*', 'vfleet.api.reservations.*', 'vfleet.api.migrations.*', 'vfleet.api.hosts.drain'];

const CLIENTS: Readonly<Record<BusClient, BusPermissions>> = {
  dashboard: { publish: ['vfleet.api.>', ...READ_EVENTS], subscribe: [] },
  operator: {
    publish: ['vfleet.api.>', 'vfleet.in.vm.*.*', '$SRV.>', ...READ_EVENTS],
    subscribe: [...EVT.subjects, ...DLQ.subjects],
  },
  // The migrator asks for moves; nobody can hear, or guess, where it expects the answer.
  platform: {
    publish: [...LOOK, ...RUN_VMS, ...READ_EVENTS, `${inboxOf('migrator')}.>`],
    subscribe: [...EVT.subjects, 'vfleet.platform.vm.migrate'],
  },
  reader: { publish: [...LOOK, ...READ_EVENTS], subscribe: [...EVT.subjects] },
};

export const clientPermissions = (client: BusClient): BusPermissions => {
  const { publish, subscribe } = CLIENTS[client];
  return { publish, subscribe: [...subscribe, `${inboxOf(client)}.>`] };
};

/** What a host's agent may do: speak for its host, hear its own orders, and ask what is known of devices. */
export const hostPermissions = (hostId: string): BusPermissions => ({
  publish: [`vfleet.in.host.${hostId}.*`, 'vfleet.api.devices.list', 'vfleet.api.devices.get'],
  subscribe: [`vfleet.agent.${hostId}.>`, `${inboxOfHost(hostId)}.>`],
  answers: true,
});

/** What the process of the simulated hosts does for all of them: it hears how VMs end, and asks which are there. */
export const simulationPermissions = (): BusPermissions => ({
  publish: ['vfleet.api.vms.get', 'vfleet.api.hosts.get'],
  subscribe: ['vfleet.evt.vm.*.*.VmStateRecorded', `${SIMULATION_INBOX}.>`],
});

/**
 * What whoever runs everything on one machine may do: act as any host, with whatever inbox, as the platform and as an operator, try
 * agents out, read every stream, and take from that of the events: all of it as after a restore, or some of it to see it come back.
 * Not: write events or dead letters, change a stream otherwise, answer for a service or hear what one asks.
 */
export const localOperatorPermissions = (): BusPermissions => ({
  publish: [
    ...IN.subjects,
    'vfleet.api.>',
    'vfleet.agent.>',
    '$SRV.>',
    '_INBOX.>',
    JETSTREAM,
    '$JS.API.STREAM.NAMES',
    '$JS.API.STREAM.LIST',
    '$JS.ACK.>',
    '$JS.FC.>',
    ...stream(['STREAM.DELETE', 'STREAM.PURGE', 'STREAM.MSG.DELETE'], EVT.name),
    ...Object.values(STREAMS).flatMap(({ name }) => [
      ...stream(['STREAM.INFO', 'STREAM.MSG.GET', 'DIRECT.GET', 'CONSUMER.NAMES', 'CONSUMER.LIST'], name),
      ...stream(['DIRECT.GET', 'CONSUMER.DURABLE.CREATE'], `${name}.>`),
      ...consume(name),
    ]),
  ],
  subscribe: ['>'],
  except: { subscribe: [...SERVE, ...ANSWERING_SERVICES.map((service) => `${inboxOf(service)}.>`), `${inboxOf('dashboard')}.>`] },
});

/**
 * In place of hosts' inboxes where any host may come, as on one machine: what has two or three words. Nothing of vfleet's has so few, and
 * of JetStream's only a question.
 */
export const ANY_INBOX: readonly string[] = ['*.*', '*.*.*'];
