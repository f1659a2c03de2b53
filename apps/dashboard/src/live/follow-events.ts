import { isWanted, type EventChoice } from './event-choice.js';
import type { EventFeed } from './event-feed.js';
import type { LiveEvent } from './live-event.js';
import type { PageStream } from './page-stream.js';

const AT_ONCE = 500;
/** What is on its way to one page at most, but for a single event that is larger. */
const BYTES_AT_ONCE = 256 * 1024;

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
    const events = isKept ? fitting(recent.from(next, AT_ONCE), choice) : await feed.past(next);
    const last = events.at(-1);
    if (!last) {
      await page.say('gap', recent.first - 1, { from: next, to: recent.first - 1 });
      next = recent.first;
      continue;
    }
    await sendWanted(feed, page, choice, events, isKept);
    next = last.position + 1;
  }
};

/** As many of the events, from the first on, as may be on their way at once. */
const fitting = (events: readonly LiveEvent[], choice: EventChoice): readonly LiveEvent[] => {
  let bytes = 0;
  const end = events.findIndex((event) => (bytes += isWanted(event, choice) ? event.frame.byteLength : 0) > BYTES_AT_ONCE);
  return end < 0 ? events : events.slice(0, Math.max(1, end));
};

/** What is kept has to be taken before the feed lets go of it: a page that is slower for so long is too slow. */
const sendWanted = async (feed: EventFeed, page: PageStream, choice: EventChoice, events: readonly LiveEvent[], isKept: boolean): Promise<void> => {
  const frames = events.flatMap((event) => (isWanted(event, choice) ? [event.frame] : []));
  if (frames.length === 0) return;
  const last = events.at(-1)?.position ?? 0;
  const tooLate = new AbortController();
  const forget = feed.onNews(() => isKept && feed.recent.first > last && tooLate.abort());
  await page.write(Buffer.concat(frames), tooLate.signal);
  forget();
};

/** Resolves at the next news, or when the page has left. */
export const untilNews = (feed: EventFeed, left: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      forget();
      left.removeEventListener('abort', done);
      resolve();
    };
    const forget = feed.onNews(done);
    left.addEventListener('abort', done, { once: true });
  });
