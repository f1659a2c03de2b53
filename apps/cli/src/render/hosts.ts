import type { Host } from '@vfleet/contracts';
import type { Column, Kind, Line } from './format.js';
import { paintState, toneOf, type Paint } from './paint.js';
import { orNothing, pairs } from './text.js';

const COLUMNS: readonly Column<Host>[] = [
  { head: 'HOST', of: ({ hostId }) => hostId },
  { head: 'STATE', of: ({ state }) => state, tone: ({ state }) => toneOf(state) },
  { head: 'DEVICES', of: ({ counts }) => counts.total },
  { head: 'FREE', of: ({ counts }) => counts.free },
  { head: 'HELD', of: ({ counts }) => counts.held },
  { head: 'INELIGIBLE', of: ({ counts }) => counts.ineligible },
  { head: 'MISSING', of: ({ counts }) => counts.missing, tone: ({ counts }) => (counts.missing > 0 ? 'bad' : undefined) },
  { head: 'LAST SEEN', of: ({ lastSeenAt }) => lastSeenAt },
  { head: 'HOSTNAME', of: ({ hostname }) => hostname, wide: true },
  { head: 'AGENT', of: ({ agentVersion }) => agentVersion, wide: true },
  { head: 'KERNEL', of: ({ kernel }) => kernel, wide: true },
  { head: 'HYPERVISOR', of: ({ hypervisor }) => hypervisor?.driver, wide: true },
  { head: 'NUMA NODES', of: ({ numaNodes }) => numaNodes?.length, wide: true },
];

const hostLines = (host: Host, paint: Paint): readonly Line[] => [
  ['host', orNothing(host.hostId)],
  ['hostname', orNothing(host.hostname)],
  ['state', paintState(host.state, paint)],
  [
    'devices',
    `${host.counts.total}: ${host.counts.free} free, ${host.counts.held} held, ${host.counts.ineligible} ineligible, ${host.counts.missing} missing`,
  ],
  ['agent', `${orNothing(host.agentVersion)}, heartbeat every ${host.heartbeatSeconds} s`],
  ['kernel', orNothing(host.kernel)],
  ['IOMMU', host.iommu ? `${host.iommu.enabled ? 'on' : 'off'}${host.iommu.type ? `, ${orNothing(host.iommu.type)}` : ''}` : orNothing(null)],
  ['NUMA nodes', orNothing(host.numaNodes?.map(({ id }) => id).join(' '))],
  ['hypervisor', orNothing(host.hypervisor && `${host.hypervisor.driver} ${host.hypervisor.version ?? ''}`.trim())],
  ...(host.unsafeIommuGroups ? [['isolation', paint.warn('IOMMU groups are shared')] as const] : []),
  ['labels', pairs(host.labels)],
  ['seen', `${orNothing(host.firstSeenAt)} to ${orNothing(host.lastSeenAt)}`],
];

export const HOSTS: Kind<Host> = { columns: COLUMNS, name: ({ hostId }) => hostId, lines: hostLines };
