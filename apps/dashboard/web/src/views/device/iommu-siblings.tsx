import type { Device } from '@vfleet/contracts';
import { useAsk } from '../../api/queries.js';
import { atField, useAsOf } from '../../app/as-of.js';
import { DeviceLines } from '../../parts/device-lines.js';
import { Section } from '../../parts/section.js';
import { Answered } from '../../parts/states.js';

const MOST = 1_000;

/** The group is passed as a whole: whoever gets this device gets the others that can be given away as well. */
export const IommuSiblings = ({ device: { deviceId, hostId, iommuGroup } }: { readonly device: Device }) => {
  const at = atField(useAsOf());
  const query = useAsk('devices.list', iommuGroup === null ? undefined : { filter: { hostId, iommuGroup }, limit: MOST, ...at });
  return (
    <Section title={iommuGroup === null ? 'IOMMU group' : `IOMMU group ${iommuGroup}`}>
      {iommuGroup === null ? (
        <p className="dimmed">It is in no IOMMU group.</p>
      ) : (
        <Answered query={query} what="the group">
          {({ items }) => (
            <>
              {items.length === 1 && <p className="dimmed">It is alone in its group.</p>}
              <DeviceLines devices={items} here={deviceId} />
            </>
          )}
        </Answered>
      )}
    </Section>
  );
};
