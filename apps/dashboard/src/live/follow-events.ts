import { isWanted, type EventChoice } from './event-choice.js';
import type { EventFeed } from './event-feed.js';
import type { LiveEvent } from './live-event.js';
import type { PageStream } from './page-stream.js';

const AT_ONCE = 500;

/**
 * Sends a page the events that it wants from a position on, and those that follow, each once and in order. What the stream
 * has lost is told as `gap`. A page that is slower than the events, for longer than these are kept, is cut off.
 */
export const followEvents = async (feed: EventFeed, page: PageStream, choice: EventChoice, from: number): Promise<void> => {
  const { recent } = feed;
  for (let next = from; !page.left.aborted;) {
    if (next > recent.last) {
      await untilNews(feed, page.left);
      continue;
    }
    const isKept = next >= recent.first;
    const events = isKept ? recent.from(next, AT_ONCE) : await feed.past(next);
    const last = events.at(-1);
    if (!last) {
      await page.say('gap', recent.first - 1, { from: next, to: recent.first - 1 });
      next = recent.first;
      continue;
    }
    await sendWanted(page, events, choice, () => isKept && recent.first > last.position);
    next = last.position + 1;
  }
};

const sendWanted = async (page: PageStream, events: readonly LiveEvent[], choice: EventChoice, isTooLate: () => boolean): Promise<void> => {
  const frames = events.flatMap((event) => (isWanted(event, choice) ? [event.frame] : []));
  if (frames.length > 0) await page.write(Buffer.concat(frames), isTooLate);
};

const untilNews = (feed: EventFeed, left: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      forget();
      left.removeEventListener('abort', done);
      resolve();
    };
    const forget = feed.onNews(done);
    left.addEventListener('abort', done, { once: true });
  });
