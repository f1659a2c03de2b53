import type { CloudEvent } from '@vfleet/contracts';
import { useEffect, useState } from 'react';
import { follow } from '../../api/live.js';
import { EMPTY_TAIL, toTailed, withLoss, withNews, type Tail, type TailedEvent } from './event-tail.js';

/** News are shown together: at 2,000 events a second nobody reads each as it comes. */
const SHOW_MS = 250;
const MOST_A_SECOND = 200;

/** Follows the events that a query chooses, beginning with the newest; an `active` of false shows nothing and follows nothing. */
export const useTail = (query: string, paused: boolean, active: boolean): Tail => {
  const [tail, setTail] = useState(EMPTY_TAIL);
  const [news, setNews] = useState<readonly TailedEvent[]>([]);
  useEffect(() => {
    setTail(EMPTY_TAIL);
    if (!active) return;
    let waiting: TailedEvent[] = [];
    const timer = setInterval(() => {
      if (waiting.length === 0) return;
      setNews(waiting);
      waiting = [];
    }, SHOW_MS);
    const stop = follow(`/live?last=100&most=${MOST_A_SECOND}${query && `&${query}`}`, {
      heard: ({ event, data }) => {
        if (event === 'message') waiting.push(toTailed(JSON.parse(data) as CloudEvent));
        else setTail((now) => withLoss(now, event, data));
      },
    });
    return () => (stop(), clearInterval(timer));
  }, [query, active]);
  useEffect(() => setTail((now) => withNews(now, news, paused)), [news]);
  useEffect(() => setTail((now) => withNews(now, [], paused)), [paused]);
  return tail;
};
