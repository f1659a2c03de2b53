import { Progress } from '@mantine/core';
import type { Device } from '@vfleet/contracts';
import { SmallTable } from '../../parts/small-table.js';
import { Empty } from '../../parts/states.js';
import { DeviceLink } from '../../parts/to.js';

interface PfWithVfs {
  readonly pf: Device;
  readonly vfs: readonly Device[];
}

const toPfs = (devices: readonly Device[]): readonly PfWithVfs[] =>
  devices
    .filter(({ functionType }) => functionType === 'pf')
    .map((pf) => ({ pf, vfs: devices.filter(({ functionType, parentDeviceId }) => functionType === 'vf' && parentDeviceId === pf.deviceId) }));

const count = (vfs: readonly Device[], state: string): number => vfs.filter((vf) => vf.state === state).length;

const Use = ({ pf, vfs }: PfWithVfs) => (
  <Progress.Root size="lg" className="use">
    <Progress.Section
      value={vfs.length > 0 ? (count(vfs, 'held') / vfs.length) * 100 : 0}
      color="blue"
      aria-label={`Held VFs of ${pf.address}, in percent`}
    />
  </Progress.Root>
);

/** How full each PF is. */
export const VfsPerPf = ({ devices }: { readonly devices: readonly Device[] }) => {
  const pfs = toPfs(devices);
  if (pfs.length === 0) return <Empty title="The host has no PF">No device here can make virtual functions.</Empty>;
  return (
    <SmallTable
      label="VFs per PF"
      head={['PF', 'Interface', 'Network', 'Free', 'Held', 'Enabled', 'Possible', 'Held of enabled']}
      rows={pfs}
      rowId={({ pf }) => pf.deviceId}
      cells={({ pf, vfs }) => [
        <DeviceLink key="pf" deviceId={pf.deviceId}>
          {pf.address}
        </DeviceLink>,
        pf.net.map(({ ifname }) => ifname).join(', '),
        pf.physicalNetwork,
        count(vfs, 'available'),
        count(vfs, 'held'),
        vfs.length,
        pf.totalVfs,
        <Use key="use" pf={pf} vfs={vfs} />,
      ]}
    />
  );
};
