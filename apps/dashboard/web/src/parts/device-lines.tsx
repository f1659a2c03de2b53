import type { Device } from '@vfleet/contracts';
import type { ReactNode } from 'react';
import { StateBadge } from './state-badge.js';
import { DeviceLink, VmLink } from './to.js';

/** A device in a line: where it is, what it is, how it is, who holds it. */
export const DeviceLine = ({ device, here = false }: { readonly device: Device; readonly here?: boolean }) => (
  <span className="device-line">
    {here ? <strong>{device.address}</strong> : <DeviceLink deviceId={device.deviceId}>{device.address}</DeviceLink>}
    <span className="dimmed">
      {device.name ?? device.productName ?? device.className ?? device.deviceType}
      {device.vfIndex !== undefined && ` #${device.vfIndex}`}
    </span>
    <StateBadge state={device.state} />
    {device.reservation && <VmLink vmId={device.reservation.vmId} />}
  </span>
);

interface DeviceLinesProps {
  readonly devices: readonly Device[];
  /** The device whose view this is: it needs no link. */
  readonly here?: string;
  readonly below?: (device: Device) => ReactNode;
}

export const DeviceLines = ({ devices, here, below }: DeviceLinesProps) => (
  <ul className="device-lines">
    {devices.map((device) => (
      <li key={device.deviceId}>
        <DeviceLine device={device} here={device.deviceId === here} />
        {below?.(device)}
      </li>
    ))}
  </ul>
);
