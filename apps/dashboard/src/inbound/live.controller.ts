import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiError, invalidRequest } from '@vfleet/contracts';
import { isWanted, readChoice, type EventChoice } from '../live/event-choice.js';
import { EventFeed } from '../live/event-feed.js';
import { ChangeTeller, changeFrame } from '../live/fleet-changes.js';
import { followEvents } from '../live/follow-events.js';
import { PageStream } from '../live/page-stream.js';
import { sampleEvents } from '../live/sample-events.js';
import { Entrance } from './entrance.js';
import { queryOf } from './query.js';

const MAX_PAGES = 1_000;
const MAX_LAST = 1_000;
const MAX_MOST = 10_000;

/** The journal's events, and what they change, live to any number of pages. */
@Controller('live')
export class LiveController {
  private pages = 0;

  constructor(
    private readonly feed: EventFeed,
    private readonly changes: ChangeTeller,
    private readonly entrance: Entrance,
  ) {}

  /**
   * Every event that the query chooses; with `most` no more than so many a second. With `last` the newest so many come
   * first, as far as they are kept.
   */
  @Get()
  async events(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    this.admit(request);
    const query = queryOf(request);
    const choice = readChoice(query, ['last', 'most']);
    const last = wholeNumber('last', query.get('last') ?? '0', MAX_LAST);
    const most = wholeNumber('most', query.get('most') ?? '0', MAX_MOST);
    const seen = lastSeen(request) ?? this.before(last, choice);
    const page = this.open(request, response);
    await page.say('position', seen, { position: seen });
    if (most > 0) await sampleEvents(this.feed, page, choice, seen + 1, most);
    else await followEvents(this.feed, page, choice, seen + 1);
  }

  /** What changed, as ids, a few times a second. */
  @Get('changes')
  async changed(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    this.admit(request);
    const seen = lastSeen(request) ?? this.feed.recent.last;
    const page = this.open(request, response);
    await page.write(changeFrame(this.changes.since(seen)));
    let writing = false;
    const forget = this.changes.onChanges((frame) => {
      if (writing) return page.cutOff();
      writing = true;
      void page.write(frame).then(() => (writing = false));
    });
    page.left.addEventListener('abort', forget, { once: true });
  }

  /** Where to begin so that the newest so many are among those that come. */
  private before(last: number, choice: EventChoice): number {
    const { recent } = this.feed;
    if (last === 0) return recent.last;
    const wanted = recent.from(recent.first, recent.capacity).filter((event) => isWanted(event, choice));
    return (wanted.at(-last)?.position ?? wanted[0]?.position ?? recent.last + 1) - 1;
  }

  private admit(request: IncomingMessage): void {
    this.entrance.admitReader(request);
    if (this.pages >= MAX_PAGES) throw new ApiError(503, 'UNAVAILABLE', 'too many pages are open; try again later');
  }

  private open(request: IncomingMessage, response: ServerResponse): PageStream {
    const page = new PageStream(request, response);
    this.pages += 1;
    page.left.addEventListener('abort', () => (this.pages -= 1), { once: true });
    return page;
  }
}

/** The position that the page saw last, where it says one. */
const lastSeen = ({ headers }: IncomingMessage): number | undefined => {
  const told = headers['last-event-id'];
  return typeof told === 'string' && told !== '' ? wholeNumber('Last-Event-ID', told, Number.MAX_SAFE_INTEGER) : undefined;
};

/** @throws ApiError 400 */
const wholeNumber = (field: string, value: string, most: number): number => {
  if (/^\d{1,16}$/.test(value) && Number(value) <= most) return Number(value);
  throw invalidRequest([{ field, message: `must be a whole number up to ${most}` }]);
};
