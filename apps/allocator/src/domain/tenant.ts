import type { Fleet } from './decision.js';

/**
 * Whose a VM is: the one tenant that its platform has named, or whoever reserved for it. Undefined where nobody has named one,
 * and where not all have named the same: then it is no tenant's.
 */
export const tenantOfVm = (fleet: Pick<Fleet, 'vm' | 'host' | 'hostsOf'>, vmId: string): string | undefined => {
  const said = new Set([fleet.vm(vmId)?.tenant, ...fleet.hostsOf(vmId).map((hostId) => fleet.host(hostId)?.reservations.get(vmId)?.tenant)]);
  said.delete(undefined);
  const [tenant] = said;
  return said.size === 1 ? tenant : undefined;
};
