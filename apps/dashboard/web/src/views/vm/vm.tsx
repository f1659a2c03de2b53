import type { DeviceRequest, Vm } from '@vfleet/contracts';
import { useParams } from 'wouter';
import { useAsk } from '../../api/queries.js';
import { atField, useAsOf } from '../../app/as-of.js';
import { History } from '../../parts/history.js';
import { Facts } from '../../parts/facts.js';
import { Moment } from '../../parts/moment.js';
import { Section } from '../../parts/section.js';
import { SmallTable } from '../../parts/small-table.js';
import { StateBadge } from '../../parts/state-badge.js';
import { Answered } from '../../parts/states.js';
import { DeviceLink, HostLink, MigrationLink, ToButton } from '../../parts/to.js';
import { ViewTitle } from '../../parts/view-title.js';
import { sayRequest } from './say-request.js';
import { VmMigrations } from './vm-migrations.js';

const State = ({ vm }: { readonly vm: Vm }) => (
  <Section title="State">
    <Facts
      of={{
        State: <StateBadge state={vm.state} />,
        Host: vm.hostId !== null && <HostLink hostId={vm.hostId} />,
        Since: <Moment time={vm.occurredAt} />,
        Tenant: vm.tenant,
        'On its way': vm.migrationId !== undefined && <MigrationLink migrationId={vm.migrationId} />,
        Reservation: vm.reservation && (
          <>
            <StateBadge state={vm.reservation.state} /> since <Moment time={vm.reservation.since} />
          </>
        ),
        'Found attached': vm.reservation?.adopted ? 'nobody asked for these devices: they were found attached' : undefined,
        Orphaned: vm.reservation?.orphaned ? 'its host has none of these attached any more' : undefined,
      }}
    />
  </Section>
);

const Wish = ({ request }: { readonly request: DeviceRequest }) => (
  <li className="wish">
    <span>{sayRequest(request)}</span>
    <details>
      <summary>as asked</summary>
      <pre tabIndex={0}>{JSON.stringify(request, null, 2)}</pre>
    </details>
  </li>
);

const Wishes = ({ vm: { wishes } }: { readonly vm: Vm }) => (
  <Section title="Wishes">
    {wishes.devices.length === 0 && wishes.offering === undefined ? <p className="dimmed">It asks for no device.</p> : null}
    <Facts of={{ Offering: wishes.offering, 'NUMA nodes': wishes.numaNodes?.join(', ') }} />
    <ul className="device-lines">
      {wishes.devices.map((request, at) => (
        <Wish key={request.name ?? at} request={request} />
      ))}
    </ul>
  </Section>
);

const Devices = ({ vm }: { readonly vm: Vm }) => (
  <Section title="Which device serves which wish">
    {vm.devices.length === 0 ? (
      <p className="dimmed">It holds no device.</p>
    ) : (
      <SmallTable
        label="Which device serves which wish"
        head={['Wish', 'Device', 'Name', 'Kind', 'MAC', 'VLAN', 'Note']}
        rows={vm.devices}
        rowId={({ deviceId }) => deviceId}
        cells={({ requestName, deviceId, address, name, kind, mac, vlan, affected }) => [
          requestName,
          <DeviceLink key="device" deviceId={deviceId}>
            {address}
          </DeviceLink>,
          name,
          kind,
          mac,
          vlan,
          affected ? 'goes along with its IOMMU group' : '',
        ]}
      />
    )}
  </Section>
);

/** One VM: what it wants, which device serves which wish, and what happened. */
export const VmView = () => {
  const { vmId } = useParams<{ vmId: string }>();
  const query = useAsk('vms.get', { vmId, ...atField(useAsOf()) });
  return (
    <>
      <ViewTitle title={vmId}>
        <ToButton path="/migrations" parameters={{ plan: vmId }}>
          Migrate…
        </ToButton>
      </ViewTitle>
      <Answered query={query} what="the VM">
        {(vm) => (
          <>
            <div className="columns">
              <State vm={vm} />
              <Wishes vm={vm} />
            </div>
            <Devices vm={vm} />
          </>
        )}
      </Answered>
      <VmMigrations vmId={vmId} />
      <History name="vms.history" of={{ vmId }} />
    </>
  );
};
