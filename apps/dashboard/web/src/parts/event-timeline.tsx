import { Button } from '@mantine/core';
import type { HistoryItem } from '@vfleet/contracts';
import { sayEvent, sayEventType } from './event-words.js';
import { Moment } from './moment.js';

interface EventTimelineProps {
  /** Newest first. */
  readonly events: readonly HistoryItem[];
  readonly more?: { readonly has: boolean; readonly loading: boolean; readonly fetch: () => void };
}

/** Events of the journal, newest first, each with all of its data behind a click. */
export const EventTimeline = ({ events, more }: EventTimelineProps) => (
  <>
    <ol className="timeline">
      {events.map(({ id, type, time, position, data }) => (
        <li key={id}>
          <div className="timeline-head">
            <strong>{sayEventType(type)}</strong>
            <span className="dimmed">
              <Moment time={time} /> · position {position}
            </span>
          </div>
          <details>
            <summary className="wrap">{sayEvent(data) || 'data'}</summary>
            <pre tabIndex={0}>{JSON.stringify(data, null, 2)}</pre>
          </details>
        </li>
      ))}
    </ol>
    {more?.has && (
      <Button variant="default" onClick={more.fetch} loading={more.loading}>
        Older events
      </Button>
    )}
  </>
);
