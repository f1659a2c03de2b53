import { useParams } from 'wouter';
import { useAsk } from '../../api/queries.js';
import { atField, useAsOf } from '../../app/as-of.js';
import { History } from '../../parts/history.js';
import { Answered } from '../../parts/states.js';
import { HostLink } from '../../parts/to.js';
import { ViewTitle } from '../../parts/view-title.js';
import { AddressHistory } from './address-history.js';
import { CordonButton } from './cordon-button.js';
import { DeviceFacts } from './device-facts.js';
import { Family } from './family.js';
import { Holders } from './holders.js';
import { IommuSiblings } from './iommu-siblings.js';
import { TagsButton } from './tags-button.js';

/** One device: what it is, who holds it and who did, what goes along with it, and what happened to it. */
export const DeviceView = () => {
  const { deviceId } = useParams<{ deviceId: string }>();
  const asOf = useAsOf();
  const query = useAsk('devices.get', { deviceId, ...atField(asOf) });
  return (
    <Answered query={query} what="the device">
      {(device) => (
        <>
          <ViewTitle title={device.name ? `${device.address}, ${device.name}` : device.address}>
            <CordonButton device={device} />
            <TagsButton device={device} />
          </ViewTitle>
          <p className="lead">
            {device.productName ?? device.className ?? device.deviceType} on <HostLink hostId={device.hostId} />
          </p>
          <DeviceFacts device={device} />
          <div className="columns">
            <Family device={device} />
            <IommuSiblings device={device} />
          </div>
          <div className="columns">
            <Holders deviceId={device.deviceId} />
            <AddressHistory device={device} />
          </div>
          <History name="devices.history" of={{ deviceId: device.deviceId }} />
        </>
      )}
    </Answered>
  );
};
