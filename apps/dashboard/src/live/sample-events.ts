import { setTimeout as delay } from 'node:timers/promises';
import { isWanted, type EventChoice } from './event-choice.js';
import type { EventFeed } from './event-feed.js';
import { untilNews } from './follow-events.js';
import type { PageStream } from './page-stream.js';

const PERIOD_MS = 250;
const PERIODS_A_SECOND = 1_000 / PERIOD_MS;

/**
 * Sends a page the newest of the events that it wants, so many a second at most: for somebody who looks on. How many were
 * left out is told as `skipped`, before those that are behind them.
 */
export const sampleEvents = async (feed: EventFeed, page: PageStream, choice: EventChoice, from: number, mostPerSecond: number): Promise<void> => {
  const most = Math.ceil(mostPerSecond / PERIODS_A_SECOND);
  const { recent } = feed;
  for (let next = from; !page.left.aborted;) {
    if (next > recent.last) {
      await untilNews(feed, page.left);
      continue;
    }
    const { first, last, capacity } = recent;
    const wanted = recent.from(Math.max(next, first), capacity).filter((event) => isWanted(event, choice));
    const shown = wanted.slice(-most);
    const to = (shown[0]?.position ?? last + 1) - 1;
    if (shown.length < wanted.length || next < first) await page.say('skipped', to, { from: next, to, events: wanted.length - shown.length });
    if (shown.length > 0) await page.write(Buffer.concat(shown.map(({ frame }) => frame)));
    next = last + 1;
    await delay(PERIOD_MS, undefined, { signal: page.left }).catch(() => undefined);
  }
};
