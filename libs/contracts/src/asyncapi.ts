import { HOSTDEV_VERBS, HostProbed, HostdevAccepted, HostdevCommand, ProbeHost, SetVfs, VfsSet } from './api-agent.js';
import { API } from './api.js';
import { EVENTS } from './events.js';
import { HOST_FACTS } from './host-facts.js';
import { schemaName, schemas, type JsonSchema, type Message } from './schema.js';
import { agentSubject, hostFactSubject, vmFactSubject } from './subjects.js';
import { MigrateVm, MigratingVm, PLATFORM_MIGRATE_SUBJECT } from './platform-requests.js';
import { VM_FACTS } from './vm-facts.js';
import { CLOUD_EVENT_SCHEMA, ERROR_HEADERS_SCHEMA, ERROR_SCHEMA, FACT_HEADERS_SCHEMA } from './asyncapi-schemas.js';

/** One thing that is said on a subject, as the tables of this library have it; the source of the document and of the pages. */
export interface Conversation {
  readonly kind: 'host-fact' | 'vm-fact' | 'event' | 'request';
  readonly name: string;
  /** The subject, with `{hostId}` and the like where an id stands. */
  readonly subject: string;
  readonly message: Message;
  /** Only where somebody answers. */
  readonly reply?: Message;
}

/** What stands between `vfleet.evt.` and the name of an event, by what the event is about. */
const EVENT_PLACES = {
  device: 'device.{hostId}.{deviceId}',
  host: 'host.{hostId}.{hostId}',
  vm: 'vm.{hostId}.{vmId}',
  migration: 'migration.{migrationId}.{vmId}',
  catalog: 'catalog.{type}.{name}',
} as const;

/** Everything that crosses a process, in the order of the tables. */
export const conversations = (): readonly Conversation[] => [
  ...Object.entries(HOST_FACTS).map(([name, message]) => ({ kind: 'host-fact' as const, name, subject: hostFactSubject('{hostId}', name), message })),
  ...Object.entries(VM_FACTS).map(([name, message]) => ({ kind: 'vm-fact' as const, name, subject: vmFactSubject('{vmId}', name), message })),
  ...Object.entries(EVENTS).map(([name, { context, data }]) => ({
    kind: 'event' as const,
    name,
    subject: `vfleet.evt.${EVENT_PLACES[context]}.${name}`,
    message: data,
  })),
  ...Object.entries(API).map(([name, { request, reply }]) => ({
    kind: 'request' as const,
    name,
    subject: `vfleet.api.${name}`,
    message: request,
    reply,
  })),
  { kind: 'request', name: 'agent.probe', subject: agentSubject('{hostId}', 'probe'), message: ProbeHost, reply: HostProbed },
  ...HOSTDEV_VERBS.map((verb) => ({
    kind: 'request' as const,
    name: `agent.${verb}`,
    subject: agentSubject('{hostId}', verb),
    message: HostdevCommand,
    reply: HostdevAccepted,
  })),
  { kind: 'request', name: 'agent.sriov.set', subject: agentSubject('{hostId}', 'sriov.set'), message: SetVfs, reply: VfsSet },
  { kind: 'request', name: 'platform.vm.migrate', subject: PLATFORM_MIGRATE_SUBJECT, message: MigrateVm, reply: MigratingVm },
];

/** The AsyncAPI 3.0 document of everything that other programs may rely on. Pure: the same tables give the same document. */
export const asyncApiDocument = (version: string): JsonSchema => {
  const all = conversations();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'vfleet',
      version,
      description: 'Facts come in, the journal orders them, events go out; requests are answered with plain JSON.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.assign({}, ...all.map(toChannels)) as JsonSchema,
    operations: Object.assign({}, ...all.map(toOperation)) as JsonSchema,
    components: { messages: Object.assign({}, ...all.map(toMessages), { ErrorReply }) as JsonSchema, schemas: componentSchemas(all) },
  };
};

/** Names in the document hold letters, digits, `-`, `_` and `.` only; events and facts may share a name. */
const keyOf = ({ kind, name }: Conversation): string => `${kind}.${name}`;
const ref = (path: string): { readonly $ref: string } => ({ $ref: `#/${path}` });
const refSchema = (message: Message): { readonly $ref: string } => ref(`components/schemas/${schemaName(message)}`);

const toChannels = (one: Conversation): JsonSchema => {
  const key = keyOf(one);
  const parameters = [...new Set([...one.subject.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string))];
  const channel = {
    address: one.subject,
    messages: { message: ref(`components/messages/${key}`) },
    ...(parameters.length > 0 && {
      parameters: Object.fromEntries(parameters.map((name) => [name, { description: PARAMETERS[name] ?? 'An id, one subject token.' }])),
    }),
  };
  if (!one.reply) return { [key]: channel };
  const replies = { reply: ref(`components/messages/${key}.reply`), error: ref('components/messages/ErrorReply') };
  return { [key]: channel, [`${key}.reply`]: { address: null, messages: replies } };
};

const PARAMETERS: Readonly<Record<string, string>> = {
  hostId: 'A hypervisor host; `-` where no host is known.',
  vmId: 'A virtual machine, as its platform calls it.',
  deviceId: 'A device: 20 lower-case hex digits.',
  migrationId: 'A move of a virtual machine, as `migrations.start` has called it.',
  type: 'What of the catalogue it is about: `model`, `alias`, `offering`, `quota`, `policy` or `eligibility`.',
  name: 'The name in the catalogue; characters outside `[A-Za-z0-9-]` percent-encoded, with `_` for `%`.',
};

const toOperation = (one: Conversation): JsonSchema => {
  const key = keyOf(one);
  const channel = ref(`channels/${key}`);
  const messages = [ref(`channels/${key}/messages/message`)];
  if (!one.reply) return { [key]: { action: one.kind === 'event' ? 'send' : 'receive', channel, messages } };
  const replies = ['reply', 'error'].map((name) => ref(`channels/${key}.reply/messages/${name}`));
  const address = { location: '$message.header#/reply', description: 'The inbox that a NATS request carries.' };
  return { [key]: { action: 'receive', channel, messages, reply: { address, channel: ref(`channels/${key}.reply`), messages: replies } } };
};

const toMessages = (one: Conversation): JsonSchema => {
  const key = keyOf(one);
  const { name, message, reply } = one;
  if (one.kind === 'event') {
    const payload = {
      allOf: [
        ref('components/schemas/CloudEvent'),
        { type: 'object', properties: { type: { const: `io.vfleet.${name}.v1` }, data: refSchema(message) } },
      ],
    };
    return { [key]: { name, contentType: 'application/cloudevents+json', payload } };
  }
  if (!reply) return { [key]: { name, headers: ref('components/schemas/FactHeaders'), payload: refSchema(message) } };
  return { [key]: { name: `${name} request`, payload: refSchema(message) }, [`${key}.reply`]: { name: `${name} reply`, payload: refSchema(reply) } };
};

const ErrorReply = {
  name: 'error reply',
  headers: ref('components/schemas/ErrorHeaders'),
  payload: ref('components/schemas/Error'),
};

/** The schemas of all messages, and those that they mention. */
const componentSchemas = (all: readonly Conversation[]): JsonSchema => {
  const used = new Map<string, JsonSchema>();
  const add = (name: string): void => {
    const schema = schemas()[name];
    if (!schema || used.has(name)) return;
    const text = JSON.stringify(schema);
    used.set(name, JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema);
    for (const [, mentioned] of text.matchAll(/"#\/\$defs\/(\w+)"/g)) add(mentioned as string);
  };
  for (const { message, reply } of all) for (const one of reply ? [message, reply] : [message]) add(schemaName(one));
  const sorted = [...used].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const fixed = { CloudEvent: CLOUD_EVENT_SCHEMA, Error: ERROR_SCHEMA, ErrorHeaders: ERROR_HEADERS_SCHEMA, FactHeaders: FACT_HEADERS_SCHEMA };
  return { ...fixed, ...Object.fromEntries(sorted) };
};
