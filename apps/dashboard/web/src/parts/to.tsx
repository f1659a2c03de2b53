import { Anchor, Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { addressOf, devicePath, hostPath, migrationPath, vmPath, type Parameters } from '../app/address.js';
import { useAsOf } from '../app/as-of.js';

interface ToProps {
  readonly path: string;
  readonly parameters?: Parameters;
  readonly children: ReactNode;
}

/** A link within the page, which keeps the time that is looked at. */
export const To = ({ path, parameters = {}, children }: ToProps) => (
  <Anchor component={Link} href={addressOf(path, parameters, useAsOf())} className="to">
    {children}
  </Anchor>
);

/** A link that leads to where something is done, and looks like what does it. */
export const ToButton = ({ path, parameters = {}, children }: ToProps) => (
  <Button variant="default" component={Link} href={addressOf(path, parameters, useAsOf())}>
    {children}
  </Button>
);

export const HostLink = ({ hostId }: { readonly hostId: string }) => <To path={hostPath(hostId)}>{hostId}</To>;
export const VmLink = ({ vmId }: { readonly vmId: string }) => <To path={vmPath(vmId)}>{vmId}</To>;
export const MigrationLink = ({ migrationId }: { readonly migrationId: string }) => <To path={migrationPath(migrationId)}>{migrationId}</To>;
export const DeviceLink = ({ deviceId, children }: { readonly deviceId: string; readonly children: ReactNode }) => (
  <To path={devicePath(deviceId)}>{children}</To>
);
