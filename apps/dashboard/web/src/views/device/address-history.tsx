import type { Device, HistoryItem } from '@vfleet/contracts';
import { useAsk } from '../../api/queries.js';
import { isBy, useAsOf } from '../../app/as-of.js';
import { Moment } from '../../parts/moment.js';
import { Section } from '../../parts/section.js';
import { SmallTable } from '../../parts/small-table.js';
import { Answered } from '../../parts/states.js';

const MOST_EVENTS = 1_000;

interface AddressSince {
  readonly address: string;
  readonly since: string;
}

const addressIn = ({ data }: HistoryItem): string | undefined => {
  const { address, device } = data as { address?: unknown; device?: { address?: unknown } };
  const found = device?.address ?? address;
  return typeof found === 'string' ? found : undefined;
};

/** The addresses that a device had, newest first, from its events (newest first). */
const addressesOf = (events: readonly HistoryItem[]): readonly AddressSince[] => {
  const found: AddressSince[] = [];
  for (const event of events.filter(({ type }) => /^Device(Discovered|Readdressed|Changed|Returned)$/.test(type)).toReversed()) {
    const address = addressIn(event);
    if (address !== undefined && found[0]?.address !== address) found.unshift({ address, since: event.time });
  }
  return found;
};

/** Addresses come and go with cards and firmware; the device stays the same. */
export const AddressHistory = ({ device }: { readonly device: Device }) => {
  const asOf = useAsOf();
  const query = useAsk('devices.history', { deviceId: device.deviceId, limit: MOST_EVENTS });
  return (
    <Section title="Addresses">
      <Answered query={query} what="the addresses">
        {({ items }) => (
          <SmallTable
            label="Addresses"
            head={['Address', 'Since']}
            rows={addressesOf(items.filter(({ time, position }) => isBy(asOf, time, position)))}
            rowId={({ address, since }) => `${address} ${since}`}
            cells={({ address, since }) => [<code key="address">{address}</code>, <Moment key="since" time={since} />]}
          />
        )}
      </Answered>
    </Section>
  );
};
