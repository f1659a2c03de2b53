import type { Device } from '@vfleet/contracts';
import { useAsk } from '../../api/queries.js';
import { atField, useAsOf } from '../../app/as-of.js';
import { DeviceLines } from '../../parts/device-lines.js';
import { Section } from '../../parts/section.js';
import { Answered } from '../../parts/states.js';

const MOST = 1_000;

/** What is below a device: the VFs of a PF, what hangs on a controller. */
const Below = ({ hostId, parentDeviceId, here }: { readonly hostId: string; readonly parentDeviceId: string; readonly here: string }) => {
  const query = useAsk('devices.list', { filter: { hostId, parentDeviceId }, limit: MOST, ...atField(useAsOf()) });
  return (
    <Answered query={query} what="what is below">
      {({ items }) => (items.length === 0 ? <p className="dimmed">Nothing is below it.</p> : <DeviceLines devices={items} here={here} />)}
    </Answered>
  );
};

/** A PF with its VFs, seen from either; for other devices what they hang on, and what hangs on them. */
export const Family = ({ device }: { readonly device: Device }) => {
  const { deviceId, hostId, parentDeviceId } = device;
  const query = useAsk('devices.get', parentDeviceId === undefined ? undefined : { deviceId: parentDeviceId, ...atField(useAsOf()) });
  const isVf = device.functionType === 'vf';
  const below = (parent: string) => <Below hostId={hostId} parentDeviceId={parent} here={deviceId} />;
  return (
    <Section title={isVf || device.functionType === 'pf' ? 'PF and VFs' : 'Parent and children'}>
      {parentDeviceId === undefined ? (
        <DeviceLines devices={[device]} here={deviceId} below={() => below(deviceId)} />
      ) : (
        <Answered query={query} what="the parent">
          {(parent) => (
            <DeviceLines
              devices={[parent]}
              below={() => (isVf ? below(parent.deviceId) : <DeviceLines devices={[device]} here={deviceId} below={() => below(deviceId)} />)}
            />
          )}
        </Answered>
      )}
    </Section>
  );
};
