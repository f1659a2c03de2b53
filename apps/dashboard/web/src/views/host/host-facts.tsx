import type { Host } from '@vfleet/contracts';
import { Facts } from '../../parts/facts.js';
import { Moment } from '../../parts/moment.js';
import { Section } from '../../parts/section.js';
import { StateBadge } from '../../parts/state-badge.js';
import { To } from '../../parts/to.js';
import { parameterOf } from '../devices/device-filter.js';

const COUNTS = [
  ['free', 'available'],
  ['held', 'held'],
  ['ineligible', 'ineligible'],
  ['missing', 'missing'],
] as const;

const Counts = ({ hostId, counts }: Host) => (
  <ul className="tags">
    {COUNTS.map(([count, state]) => (
      <li key={count}>
        <To path="/devices" parameters={{ [parameterOf('hostId')]: hostId, [parameterOf('state')]: state }}>
          {counts[count]} {count}
        </To>
      </li>
    ))}
  </ul>
);

const yesOrNo = (value: boolean | undefined): string | undefined => (value === undefined ? undefined : value ? 'yes' : 'no');

/** How the host is, and what its agent told of it. */
export const HostFacts = ({ host }: { readonly host: Host }) => (
  <div className="columns">
    <Section title="State">
      <Facts
        of={{
          State: <StateBadge state={host.state} />,
          Devices: <Counts {...host} />,
          'Last seen': <Moment time={host.lastSeenAt} />,
          'First seen': <Moment time={host.firstSeenAt} />,
        }}
      />
    </Section>
    <Section title="Host">
      <Facts
        of={{
          Hostname: host.hostname,
          Kernel: host.kernel,
          Hypervisor: host.hypervisor && `${host.hypervisor.driver} ${host.hypervisor.version ?? ''}`,
          IOMMU: host.iommu && (host.iommu.enabled ? (host.iommu.type ?? 'on') : 'off'),
          'Unsafe groups': host.unsafeIommuGroups ? 'yes: groups are not kept together' : undefined,
          'Custom models': yesOrNo(host.customDevices),
          Agent: `${host.agentVersion}, heartbeat every ${host.heartbeatSeconds} s`,
          Labels: Object.entries(host.labels ?? {})
            .map(([key, value]) => `${key}=${value}`)
            .join(', '),
        }}
      />
    </Section>
  </div>
);
