import { hostPermissions } from './bus-permissions.js';
import type { NatsUser } from './nats-configuration.js';
import { TENANT_REQUESTS, tenantSubject } from './tenant-access.js';

/**
 * A host or a tenant, in an account of its own. It reaches nothing but what is named here, and no answer to it, of a service or of
 * JetStream, goes anywhere but to itself: who asks names the subject of the answer, and JetStream answers wherever that is, to have a
 * stream purged as well.
 */
export interface NatsGuest {
  /** No account of a guest is called like another one. */
  readonly account: string;
  readonly users: readonly NatsUser[];
  readonly limits: { readonly max_connections: number; readonly max_subscriptions?: number };
  /** What it may send, as the subject in the main account. `as`: the name that it has for it, where that is another one. */
  readonly sends: readonly { readonly subject: string; readonly as?: string }[];
  /** What it is asked from the main account. */
  readonly answers: readonly string[];
}

/** Of one tenant. A program needs one, and one subscription for its answers. */
const TENANT_LIMITS = { max_connections: 256, max_subscriptions: 1_024 };
/** Of one host: its agent, the one that takes over from it, and who looks after them. */
const HOST_LIMITS = { max_connections: 16 };

/** Its requests have their usual subjects; which tenant they come from is said by the server, not by who asks. */
export const tenantGuest = (tenant: string, users: readonly NatsUser[]): NatsGuest => ({
  account: `tenant-${tenant}`,
  users,
  limits: TENANT_LIMITS,
  sends: TENANT_REQUESTS.map((request) => ({ subject: tenantSubject(tenant, request), as: `vfleet.api.${request}` })),
  answers: [],
});

/** A host's agent, which has the same subjects as everywhere: those that it may publish to, and its orders. */
export const hostGuest = (hostId: string, users: readonly NatsUser[]): NatsGuest => ({
  account: `host-${hostId}`,
  users,
  limits: HOST_LIMITS,
  sends: hostPermissions(hostId).publish.map((subject) => ({ subject })),
  answers: [`vfleet.agent.${hostId}.>`],
});

const text = (value: string): string => JSON.stringify(value);
const service = (account: string, subject: string): string => `service: { account: ${account}, subject: ${text(subject)} }`;
const block = (name: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`    ${name}: [`, ...lines.map((line) => `      ${line}`), '    ]'];

/** What the main account gives its guests, each to whom it is meant for, and what it asks them. */
export const sharedWith = (guests: readonly NatsGuest[]): readonly string[] => {
  const senders = new Map<string, string[]>();
  for (const { account, sends } of guests) for (const { subject } of sends) senders.set(subject, [...(senders.get(subject) ?? []), text(account)]);
  const exported = [...senders].map(([subject, accounts]) => `{ service: ${text(subject)}, accounts: [${accounts.join(', ')}] }`);
  const imported = guests.flatMap(({ account, answers }) => answers.map((subject) => `{ ${service(text(account), subject)} }`));
  return [...block('exports', exported), ...block('imports', imported)];
};

/** A guest's account; `main`: the one that everybody else is in, `users`: its users as the configuration has them. */
export const guestAccount = (guest: NatsGuest, main: string, users: readonly string[]): readonly string[] => {
  const { account, limits, sends, answers } = guest;
  const bounds = Object.entries(limits).map(([name, most]) => `${name}: ${most}`);
  return [
    `  ${text(account)} {`,
    `    limits: { ${bounds.join(', ')} }`,
    ...users,
    ...block(
      'exports',
      answers.map((subject) => `{ service: ${text(subject)}, accounts: [${main}] }`),
    ),
    ...block(
      'imports',
      sends.map(({ subject, as }) => `{ ${service(main, subject)}${as === undefined ? '' : `, to: ${text(as)}`} }`),
    ),
    '  }',
  ];
};
