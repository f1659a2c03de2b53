import type { ApiName } from '@vfleet/contracts';

/** What a request does: it reads, it changes something, or it does the one or the other as its `dryRun` says. */
export type Access = 'reads' | 'acts' | 'acts unless dryRun';

/** Every request that is passed on. Nothing else is, so that a new request has to be judged here before it can be made. */
export const ACCESS: Readonly<Record<ApiName, Access>> = {
  'devices.list': 'reads',
  'devices.get': 'reads',
  'devices.affected': 'reads',
  'devices.history': 'reads',
  'devices.holders': 'reads',
  'devices.cordon': 'acts',
  'devices.uncordon': 'acts',
  'devices.tag': 'acts',
  'hosts.list': 'reads',
  'hosts.get': 'reads',
  'hosts.tree': 'reads',
  'hosts.probe': 'acts',
  'hosts.drain': 'acts unless dryRun',
  'hosts.undrain': 'acts',
  'pools.list': 'reads',
  'models.create': 'acts',
  'models.list': 'reads',
  'models.get': 'reads',
  'models.delete': 'acts',
  'aliases.put': 'acts',
  'aliases.list': 'reads',
  'aliases.get': 'reads',
  'aliases.delete': 'acts',
  'offerings.put': 'acts',
  'offerings.list': 'reads',
  'offerings.get': 'reads',
  'offerings.delete': 'acts',
  'policies.put': 'acts',
  'policies.list': 'reads',
  'policies.get': 'reads',
  'policies.delete': 'acts',
  'quotas.put': 'acts',
  'quotas.list': 'reads',
  'quotas.delete': 'acts',
  'eligibility.get': 'reads',
  'eligibility.put': 'acts',
  'vms.report': 'acts',
  'vms.attach': 'acts',
  'vms.detach': 'acts',
  'vms.get': 'reads',
  'vms.history': 'reads',
  'reservations.reserve': 'acts unless dryRun',
  'reservations.release': 'acts',
  'reservations.get': 'reads',
  'reservations.list': 'reads',
  'candidates.list': 'reads',
  'candidates.explain': 'reads',
  'migrations.start': 'acts',
  'migrations.plan': 'reads',
  'migrations.get': 'reads',
  'migrations.list': 'reads',
  'migrations.cancel': 'acts',
  'migrations.retry': 'acts',
  'migrations.resolve': 'acts',
  'deadletters.list': 'reads',
  'deadletters.get': 'reads',
  'deadletters.replay': 'acts',
  'deadletters.discard': 'acts',
  'system.status': 'reads',
};

/** Whether a request may change something, judged by its name and its body. */
export const acts = (access: Access, body: Uint8Array): boolean => access === 'acts' || (access === 'acts unless dryRun' && !isDryRun(body));

const isDryRun = (body: Uint8Array): boolean => {
  try {
    const parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as { readonly dryRun?: unknown } | null;
    return parsed?.dryRun === true;
  } catch {
    return false;
  }
};
