import type { EventData, ListQuotas, PutQuota, Quota, QuotaList } from '@vfleet/contracts';
import type { SettledFleet } from '../fleet-memory.js';
import { pageByName } from './name-page.js';

/** One page of the quotas, of one tenant where the filter names one. */
export const pageOfQuotas = (fleet: SettledFleet, { filter = {}, ...page }: ListQuotas): QuotaList => {
  const { quotas, quotasOf } = fleet.catalog();
  const asked = filter.tenant === undefined ? quotas.values() : (quotasOf.get(filter.tenant) ?? []);
  const { items, nextCursor } = pageByName(asked, ({ name }) => name, page);
  return { items: items.map((quota) => showQuota(fleet, quota)), nextCursor };
};

/** A quota with what is used of it. */
export const showQuota = (fleet: SettledFleet, quota: EventData<'QuotaPut'>): Quota => ({ ...show(quota), used: fleet.usedOf(quota.name) });

/** A quota is known by its tenant and its match; the name in events is of no use to callers. */
export const show = ({ tenant, match, limit }: EventData<'QuotaPut'>): PutQuota => ({ tenant, match, limit });
