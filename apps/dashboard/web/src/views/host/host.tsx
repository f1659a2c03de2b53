import { Button, Tabs } from '@mantine/core';
import type { Device } from '@vfleet/contracts';
import { useParams } from 'wouter';
import { useAsk } from '../../api/queries.js';
import { useAct } from '../../api/act.js';
import { useParameters } from '../../app/address.js';
import { useAsOf } from '../../app/as-of.js';
import { Answered, Empty } from '../../parts/states.js';
import { ToButton } from '../../parts/to.js';
import { ViewTitle } from '../../parts/view-title.js';
import { HostFacts } from './host-facts.js';
import { IommuGroups } from './iommu-groups.js';
import { NumaColumns } from './numa-columns.js';
import { PciTree } from './pci-tree.js';
import { useHostDevices } from './host-devices.js';
import { VfsPerPf } from './vfs-per-pf.js';

const ProbeButton = ({ hostId }: { readonly hostId: string }) => {
  const asOf = useAsOf();
  const probe = useAct('hosts.probe', ({ probed }) =>
    probed.includes(hostId) ? `${hostId} has looked at its hardware` : `${hostId} does not answer`,
  );
  return (
    <Button variant="default" disabled={asOf !== undefined} loading={probe.isPending} onClick={() => probe.mutate({ hostIds: [hostId] })}>
      Probe
    </Button>
  );
};

const SIGHTS: Readonly<Record<string, { readonly label: string; readonly show: (devices: readonly Device[]) => React.ReactNode }>> = {
  tree: { label: 'PCI tree', show: (devices) => <PciTree devices={devices} /> },
  groups: { label: 'IOMMU groups', show: (devices) => <IommuGroups devices={devices} /> },
  numa: { label: 'NUMA nodes', show: (devices) => <NumaColumns devices={devices} /> },
  vfs: { label: 'VFs per PF', show: (devices) => <VfsPerPf devices={devices} /> },
};

/** The host's devices, in the ways in which they hang together; which one is in the address. */
const Sights = ({ devices }: { readonly devices: readonly Device[] }) => {
  const [search, change] = useParameters();
  const sight = search.get('show') ?? 'tree';
  return (
    <Tabs value={sight in SIGHTS ? sight : 'tree'} onChange={(show) => change({ show: show ?? undefined })} keepMounted={false}>
      <Tabs.List aria-label="Devices of the host">
        {Object.entries(SIGHTS).map(([value, { label }]) => (
          <Tabs.Tab key={value} value={value}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {Object.entries(SIGHTS).map(([value, { show }]) => (
        <Tabs.Panel key={value} value={value} pt="md">
          {devices.length === 0 ? <Empty title="The host has no devices" /> : show(devices)}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
};

/** One host: how it is, and its devices. */
export const HostView = () => {
  const { hostId } = useParams<{ hostId: string }>();
  const host = useAsk('hosts.get', { hostId });
  const devices = useHostDevices(hostId);
  return (
    <>
      <ViewTitle title={hostId} past="The host’s state and description are those of now; its devices are those of then.">
        <ProbeButton hostId={hostId} />
        <ToButton path="/drain" parameters={{ host: hostId }}>
          Drain…
        </ToButton>
      </ViewTitle>
      <Answered query={host} what="the host">
        {(found) => <HostFacts host={found} />}
      </Answered>
      <Answered query={devices} what="the host’s devices">
        {(found) => <Sights devices={found} />}
      </Answered>
    </>
  );
};
