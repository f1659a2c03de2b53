import type { Device } from '@vfleet/contracts';
import { DeviceLines } from '../../parts/device-lines.js';
import { groupBy } from './device-forest.js';

/** The smallest sets of devices that can be isolated: a box each, passed to one VM as a whole. */
export const IommuGroups = ({ devices }: { readonly devices: readonly Device[] }) => (
  <div className="boxes">
    {groupBy(devices, 'iommuGroup').map(([group, members]) => (
      <section key={group} className="box" aria-label={group === null ? 'No IOMMU group' : `IOMMU group ${group}`}>
        <h2 className="box-title">{group === null ? 'No group' : `Group ${group}`}</h2>
        <DeviceLines devices={members} />
      </section>
    ))}
  </div>
);
