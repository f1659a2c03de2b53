import { Button } from '@mantine/core';
import { useState } from 'react';
import { useParameters } from '../../app/address.js';
import { useAsOf } from '../../app/as-of.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { sayEvent, sayEventType } from '../../parts/event-words.js';
import { Moment } from '../../parts/moment.js';
import { plural } from '../../parts/plural.js';
import { Section } from '../../parts/section.js';
import { Empty } from '../../parts/states.js';
import { HostLink, VmLink } from '../../parts/to.js';
import { ViewTitle } from '../../parts/view-title.js';
import { EventFilter, toQuery } from './event-filter.js';
import type { TailedEvent } from './event-tail.js';
import { useTail } from './use-tail.js';

const columns = (show: (event: TailedEvent) => void): readonly Column<TailedEvent>[] => [
  {
    id: 'type',
    header: 'Event',
    width: 225,
    cell: (event) => (
      <Button variant="subtle" size="compact-sm" onClick={() => show(event)}>
        {sayEventType(event.type)}
      </Button>
    ),
  },
  { id: 'time', header: 'Time', width: 205, cell: ({ time }) => <Moment time={time} /> },
  { id: 'host', header: 'Host', width: 130, cell: ({ hostId }) => hostId && <HostLink hostId={hostId} /> },
  { id: 'vm', header: 'VM', width: 130, cell: ({ vmId }) => vmId && <VmLink vmId={vmId} /> },
  { id: 'what', header: 'What', width: 380, cell: ({ data }) => sayEvent(data) },
  { id: 'position', header: 'Position', width: 95, align: 'end', cell: ({ position }) => position },
];

const Shown = ({ event, close }: { readonly event: TailedEvent; readonly close: () => void }) => (
  <Section
    title={`${sayEventType(event.type)}, position ${event.position}`}
    aside={
      <Button variant="default" size="compact-sm" onClick={close}>
        Close
      </Button>
    }
  >
    <pre tabIndex={0}>{JSON.stringify(event.data, null, 2)}</pre>
  </Section>
);

/** What happens, as it happens. */
export const Events = () => {
  const [search] = useParameters();
  const asOf = useAsOf();
  const [paused, setPaused] = useState(false);
  const [shown, setShown] = useState<TailedEvent>();
  const { events, seen, skipped, gap, waiting } = useTail(toQuery(search), paused, asOf === undefined);
  return (
    <>
      <ViewTitle title="Events" past="The tail is of now; the events of a device, a host or a VM stand in its own view.">
        <Button variant="default" onClick={() => setPaused(!paused)} aria-pressed={paused}>
          {paused ? 'Go on' : 'Pause'}
        </Button>
      </ViewTitle>
      <EventFilter key={search.toString()} />
      <p className="count" role="status">
        {paused ? `Paused: ${plural(waiting, 'event')} since` : `${plural(seen, 'event')} so far, the newest on top`}
        {skipped > 0 && `; ${plural(skipped, 'event')} left out, for there were too many: choose fewer`}
        {gap && '. The stream has lost some of them'}
      </p>
      {shown && <Shown event={shown} close={() => setShown(undefined)} />}
      {events.length === 0 ? (
        <Empty title="Nothing yet">{asOf === undefined ? 'What happens from now on appears here.' : 'Look at now to see what happens.'}</Empty>
      ) : (
        <DataTable label="Events" columns={columns(setShown)} rows={events} rowId={({ id }) => id} />
      )}
    </>
  );
};
