import type { Device } from '@vfleet/contracts';
import { DeviceLine } from '../../parts/device-lines.js';
import { toForest, type Branch } from './device-forest.js';

const Branches = ({ of }: { readonly of: readonly Branch[] }) => (
  <ul className="device-lines">
    {of.map(({ device, children }) => (
      <li key={device.deviceId}>
        <DeviceLine device={device} />
        {children.length > 0 && <Branches of={children} />}
      </li>
    ))}
  </ul>
);

/** What hangs on what: root ports and controllers first, VFs below their PF. */
export const PciTree = ({ devices }: { readonly devices: readonly Device[] }) => <Branches of={toForest(devices)} />;
