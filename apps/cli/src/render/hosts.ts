import type { Host } from '@vfleet/contracts';
import type { Column, RecordView } from './format.js';
import { paintState } from './paint.js';
import { orNothing, pairs } from './text.js';

export const HOST_COLUMNS: readonly Column<Host>[] = [
  { head: 'HOST', cell: ({ hostId }) => orNothing(hostId) },
  { head: 'STATE', cell: ({ state }, paint) => paintState(state, paint) },
  { head: 'DEVICES', cell: ({ counts }) => orNothing(counts.total) },
  { head: 'FREE', cell: ({ counts }) => orNothing(counts.free) },
  { head: 'HELD', cell: ({ counts }) => orNothing(counts.held) },
  { head: 'INELIGIBLE', cell: ({ counts }) => orNothing(counts.ineligible) },
  { head: 'MISSING', cell: ({ counts }, paint) => (counts.missing > 0 ? paint.bad(String(counts.missing)) : '0') },
  { head: 'LAST SEEN', cell: ({ lastSeenAt }) => orNothing(lastSeenAt) },
];

export const hostView = (host: Host): RecordView => ({
  value: host,
  lines: (paint) => [
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
  ],
});
