import { useCallback } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { useAsOf, type AsOf } from './as-of.js';

export type Parameters = Readonly<Record<string, string | undefined>>;

/** An address within the page; the time that is looked at goes along. */
export const addressOf = (path: string, parameters: Parameters, asOf: AsOf): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...parameters, at: asOf })) if (value) search.set(name, value);
  return search.size > 0 ? `${path}?${search}` : path;
};

export const hostPath = (hostId: string): string => `/hosts/${encodeURIComponent(hostId)}`;
export const devicePath = (deviceId: string): string => `/devices/${encodeURIComponent(deviceId)}`;
export const vmPath = (vmId: string): string => `/vms/${encodeURIComponent(vmId)}`;
export const migrationPath = (migrationId: string): string => `/migrations/${encodeURIComponent(migrationId)}`;

/** Goes to another view. */
export const useGo = (): ((path: string, parameters?: Parameters) => void) => {
  const [, navigate] = useLocation();
  const asOf = useAsOf();
  return useCallback((path, parameters = {}) => navigate(addressOf(path, parameters, asOf)), [navigate, asOf]);
};

/** The view's own state: parameters of the address, changed in place without a new entry in the history. */
export const useParameters = (): readonly [URLSearchParams, (changes: Parameters) => void] => {
  const [search, setSearch] = useSearchParams();
  const change = useCallback(
    (changes: Parameters) =>
      setSearch(
        (now) => {
          const next = new URLSearchParams(now);
          for (const [name, value] of Object.entries(changes)) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          return next;
        },
        { replace: true },
      ),
    [setSearch],
  );
  return [search, change];
};
