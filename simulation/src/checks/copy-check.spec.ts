import { describe, expect, it } from '@jest/globals';
import { Stream } from '../bus/stream.js';
import type { StoredEvent } from '../store/tables.js';
import { CopyCheck } from './copy-check.js';

const WINDOW_MS = 100;

const event = (position: number, id = `event-${position}`): StoredEvent => ({
  position,
  stream: 's',
  version: position,
  id,
  type: 'Happened',
  data: {},
  meta: {},
  recordedAt: new Date(0),
});

/** A copy with these ids of a log of three events, after each of which it is looked at. */
const look = (
  wasCutShort: boolean,
  ...ids: readonly string[]
): { readonly stream: Stream; readonly check: CopyCheck; readonly complaints: readonly string[] } => {
  const stream = new Stream(WINDOW_MS);
  const complaints: string[] = [];
  const check = new CopyCheck(
    stream,
    () => [event(1), event(2), event(3)],
    (promise, what) => complaints.push(`${promise}: ${what}`),
  );
  stream.watch(() => check.look(wasCutShort));
  for (const id of ids) stream.append('vfleet.evt.s', '{}', id, 0);
  return { stream, check, complaints };
};

describe('what looks on at the copy', () => {
  it('has nothing to say of a copy that is the log as far as it goes', () => {
    expect(look(false, 'event-1', 'event-2').complaints).toEqual([]);
  });

  it('names I7 where the copy has another event than the log', () => {
    expect(look(false, 'event-1', 'event-3').complaints).toEqual(['I7: the copy has something else at 2 than the log']);
  });

  it('names I7 where the copy has something else once it was removed and made anew', () => {
    const { stream, complaints } = look(false, 'event-1');
    stream.wipe();
    stream.create(1);
    stream.append('vfleet.evt.s', '{}', 'event-2', 0);
    expect(complaints).toEqual(['I7: the copy has something else at 1 than the log']);
  });

  it('names I7 where the copy has more than the log', () => {
    expect(look(false, 'event-1', 'event-2', 'event-3', 'event-4').complaints).toEqual(['I7: the copy has something else at 4 than the log']);
  });

  it('names I7 where the copy goes on behind what the log has lost', () => {
    expect(look(true, 'event-1', 'lost', 'event-3').complaints).toEqual(['I7: the copy goes on at 3 behind what is not in the log']);
    expect(look(true, 'event-1', 'lost').complaints).toEqual([]);
  });

  it('names I7 where nobody is told of what the log has lost', () => {
    const { check, complaints } = look(true, 'event-1', 'lost');
    check.demandAlarm(true);
    expect(complaints).toEqual([]);
    check.demandAlarm(false);
    expect(complaints).toEqual(['I7: nobody is told that the copy is ahead of the log']);
  });
});
