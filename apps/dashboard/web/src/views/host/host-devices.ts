import type { Device } from '@vfleet/contracts';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { ApiError } from '../../api/api-error.js';
import { ask } from '../../api/ask.js';
import { atField, useAsOf } from '../../app/as-of.js';

const PAGE = 1_000;

/** All devices of a host, however many pages they are. The query key is that of a list, by which changes find it. */
export const useHostDevices = (hostId: string): UseQueryResult<readonly Device[], ApiError> => {
  const at = atField(useAsOf());
  return useQuery<readonly Device[], ApiError>({
    queryKey: ['devices.list', { filter: { hostId }, ...at }, 'all'],
    queryFn: async ({ signal }) => {
      const devices: Device[] = [];
      let cursor: string | null | undefined;
      do {
        const page = await ask('devices.list', { filter: { hostId }, limit: PAGE, ...at, ...(cursor && { cursor }) }, signal);
        devices.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== null);
      return devices;
    },
  });
};
