import { usePages } from '../api/queries.js';
import { isBy, useAsOf } from '../app/as-of.js';
import { EventTimeline } from './event-timeline.js';
import { Section } from './section.js';
import { Answered } from './states.js';

const PAGE = 50;

/** Whose history, and by which request. */
type HistoryProps =
  | { readonly name: 'devices.history'; readonly of: { readonly deviceId: string } }
  | { readonly name: 'vms.history'; readonly of: { readonly vmId: string } };

/** Everything that happened to a device or a VM, refusals included, until the time that is looked at. */
export const History = ({ name, of }: HistoryProps) => {
  const asOf = useAsOf();
  const query = usePages(name, { ...of, limit: PAGE });
  return (
    <Section title="Events">
      <Answered query={query} what="the events">
        {(events) => (
          <EventTimeline
            events={events.filter(({ time, position }) => isBy(asOf, time, position))}
            more={{ has: query.hasNextPage, loading: query.isFetchingNextPage, fetch: () => void query.fetchNextPage() }}
          />
        )}
      </Answered>
    </Section>
  );
};
