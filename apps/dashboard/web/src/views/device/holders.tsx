import { useAsk } from '../../api/queries.js';
import { atField, useAsOf } from '../../app/as-of.js';
import { Moment } from '../../parts/moment.js';
import { Section } from '../../parts/section.js';
import { SmallTable } from '../../parts/small-table.js';
import { Answered } from '../../parts/states.js';
import { sayDuration } from '../../parts/time.js';
import { VmLink } from '../../parts/to.js';

/** Who held the device, and when. */
export const Holders = ({ deviceId }: { readonly deviceId: string }) => {
  const { at } = atField(useAsOf());
  const query = useAsk('devices.holders', { deviceId, ...(at !== undefined && { to: at }) });
  return (
    <Section title="Holders over time">
      <Answered query={query} what="the holders">
        {({ items }) =>
          items.length === 0 ? (
            <p className="dimmed">No VM has held it.</p>
          ) : (
            <SmallTable
              label="Holders over time"
              head={['VM', 'From', 'To', 'For']}
              rows={items.toReversed()}
              rowId={({ vmId, from }) => `${vmId} ${from}`}
              cells={({ vmId, from, to }) => [
                <VmLink key="vm" vmId={vmId} />,
                <Moment key="from" time={from} />,
                to === null ? 'holds it' : <Moment time={to} />,
                to === null ? '' : sayDuration(Date.parse(to) - Date.parse(from)),
              ]}
            />
          )
        }
      </Answered>
    </Section>
  );
};
