import type { Device } from '@vfleet/contracts';
import { DeviceLines } from '../../parts/device-lines.js';
import { groupBy } from './device-forest.js';

/** A column for each NUMA node: what is near to its processors and memory. */
export const NumaColumns = ({ devices }: { readonly devices: readonly Device[] }) => (
  <div className="columns">
    {groupBy(devices, 'numaNode').map(([node, members]) => (
      <section key={node} className="box" aria-label={node === null ? 'Unknown NUMA node' : `NUMA node ${node}`}>
        <h2 className="box-title">
          {node === null ? 'Unknown node' : `Node ${node}`} <span className="dimmed">{members.length} devices</span>
        </h2>
        <DeviceLines devices={members} />
      </section>
    ))}
  </div>
);
