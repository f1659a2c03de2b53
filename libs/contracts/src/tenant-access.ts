import type { ApiName } from './api.js';
import type { BusPermissions } from './bus-permissions.js';

/** What a tenant may ask of its own VMs, and of what they could have. Nothing else is there for it. */
export const TENANT_REQUESTS = [
  'candidates.list',
  'quotas.list',
  'reservations.get',
  'reservations.list',
  'reservations.release',
  'reservations.reserve',
  'vms.get',
] as const satisfies readonly ApiName[];
export type TenantRequest = (typeof TENANT_REQUESTS)[number];

/** Where a tenant's request arrives: the server, not the client, puts there whose account it comes from. `tenant` is a token. */
export const tenantSubject = (tenant: string, request: TenantRequest): string => `vfleet.tenant.${tenant}.api.${request}`;
/** What a service answers: that request of any tenant. */
export const tenantsSubject = (request: TenantRequest): string => tenantSubject('*', request);
/** Which tenant asks. @throws where it is no tenant's subject, which no service answers as one */
export const tenantOf = (subject: string): string => {
  const [, tenant] = /^vfleet\.tenant\.([^.]+)\.api\./.exec(subject) ?? [];
  if (tenant === undefined) throw new Error(`${subject} says no tenant`);
  return tenant;
};

/** Where NATS has answers arrive that go to another account; it makes a name below this for each question. */
export const OTHER_ACCOUNTS_INBOXES = '_R_.>';

/** What a tenant's programs may do in their account, where the requests stand under their usual subjects. */
export const tenantPermissions = (): BusPermissions => ({
  publish: TENANT_REQUESTS.map((request) => `vfleet.api.${request}`),
  subscribe: ['_INBOX.>'],
});
