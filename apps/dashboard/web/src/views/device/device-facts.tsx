import { List } from '@mantine/core';
import type { Device } from '@vfleet/contracts';
import { Facts } from '../../parts/facts.js';
import { Moment } from '../../parts/moment.js';
import { Section } from '../../parts/section.js';
import { StateBadge } from '../../parts/state-badge.js';
import { DeviceLink, To, VmLink } from '../../parts/to.js';
import { parameterOf } from '../devices/device-filter.js';

const Reasons = ({ ineligible, hostUse }: Device) =>
  ineligible.length + hostUse.length === 0 ? null : (
    <List size="sm">
      {ineligible.map(({ code, message }) => (
        <List.Item key={`${code} ${message}`}>
          <code>{code}</code> {message}
        </List.Item>
      ))}
      {hostUse.map(({ code, detail }) => (
        <List.Item key={`${code} ${detail}`}>
          the host uses it: <code>{code}</code> {detail}
        </List.Item>
      ))}
    </List>
  );

const Tags = ({ tags }: Device) => (
  <ul className="tags">
    {Object.entries(tags).map(([key, value]) => (
      <li key={key}>
        <To path="/devices" parameters={{ [parameterOf(`tags.${key}`)]: value }}>
          {key}={value}
        </To>
      </li>
    ))}
  </ul>
);

const Interfaces = ({ net }: Device) => (
  <List size="sm">
    {net.map(({ ifname, mac, speedMbps, carrier, linkType }) => (
      <List.Item key={ifname}>
        {ifname} <code>{mac}</code> {linkType} {speedMbps !== undefined && `${speedMbps} Mbit/s`}{' '}
        {carrier !== undefined && (carrier ? 'link up' : 'no link')}
      </List.Item>
    ))}
  </List>
);

const idsOf = (vendor: string | undefined, product: string | undefined): string | undefined => vendor && `${vendor}:${product ?? ''}`;

const placeOf = (device: Device) => ({
  'NUMA node': device.numaNode ?? 'unknown',
  'IOMMU group': device.iommuGroup ?? 'none',
  'Root port': device.pcieRoot,
  Slot: device.slot,
  'Physical network': device.physicalNetwork && (
    <To path="/devices" parameters={{ [parameterOf('physicalNetwork')]: device.physicalNetwork }}>
      {device.physicalNetwork}
    </To>
  ),
  Interfaces: device.net.length > 0 && <Interfaces {...device} />,
  VFs: device.totalVfs ? `${device.numVfs ?? 0} enabled of ${device.totalVfs}` : undefined,
  'VF index': device.vfIndex,
  Parent: device.parentDeviceId && <DeviceLink deviceId={device.parentDeviceId}>{device.parentDeviceId}</DeviceLink>,
});

/** Everything that is known of the device itself. */
export const DeviceFacts = ({ device }: { readonly device: Device }) => (
  <div className="columns">
    <Section title="State">
      <Facts
        of={{
          State: <StateBadge state={device.state} />,
          Holder: device.reservation && (
            <>
              <VmLink vmId={device.reservation.vmId} />, for {device.reservation.requestName}, since <Moment time={device.reservation.since} />
            </>
          ),
          Cordoned: device.cordoned ? 'yes' : undefined,
          'Why not given': device.ineligible.length + device.hostUse.length > 0 && <Reasons {...device} />,
          Tags: Object.keys(device.tags).length > 0 && <Tags {...device} />,
          'First seen': <Moment time={device.firstSeenAt} />,
          'Last seen': <Moment time={device.lastSeenAt} />,
        }}
      />
    </Section>
    <Section title="Identity">
      <Facts
        of={{
          Identity: <code>{device.identity}</code>,
          'Device id': <code>{device.deviceId}</code>,
          Ambiguous: device.ambiguous ? 'yes: two devices look the same' : undefined,
          Serial: device.serial,
          Type: device.deviceType,
          Model: device.model,
          Kind: device.kind,
          Function: device.functionType,
          Vendor: device.vendorName,
          Ids: idsOf(device.vendorId, device.productId),
          'Subsystem ids': idsOf(device.subsystemVendorId, device.subsystemProductId),
          Class: device.class && `${device.class} ${device.className ?? ''}`,
          Driver: device.driver,
        }}
      />
    </Section>
    <Section title="Place">
      <Facts of={placeOf(device)} />
    </Section>
  </div>
);
