import { usePages } from '../../api/queries.js';
import { isBy, useAsOf } from '../../app/as-of.js';
import { EventTimeline } from '../../parts/event-timeline.js';
import { Section } from '../../parts/section.js';
import { Answered } from '../../parts/states.js';

const PAGE = 50;

/** Everything that happened to the device. */
export const Timeline = ({ deviceId }: { readonly deviceId: string }) => {
  const asOf = useAsOf();
  const query = usePages('devices.history', { deviceId, limit: PAGE });
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
