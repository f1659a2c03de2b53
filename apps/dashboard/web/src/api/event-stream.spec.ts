import { describe, expect, it } from '@jest/globals';
import { eventParser, type StreamMessage } from './event-stream.js';

const parse = (...pieces: readonly string[]): readonly StreamMessage[] => {
  const heard: StreamMessage[] = [];
  const feed = eventParser((message) => heard.push(message));
  pieces.forEach(feed);
  return heard;
};

describe('a stream of events', () => {
  it('gives each message with its id, name and data', () => {
    expect(parse('id: 7\nevent: changed\ndata: {"a":1}\n\n')).toEqual([{ id: '7', event: 'changed', data: '{"a":1}' }]);
  });

  it('may come in pieces that end anywhere', () => {
    expect(parse('id: 7\nda', 'ta: on', 'e\n', '\ndata: two\r\n\r\n')).toEqual([
      { id: '7', event: 'message', data: 'one' },
      { id: '7', event: 'message', data: 'two' },
    ]);
  });

  it('has data of several lines, and colons within it', () => {
    expect(parse('data: a: b\ndata:c\n\n')).toEqual([{ id: undefined, event: 'message', data: 'a: b\nc' }]);
  });

  it('says nothing by its heartbeats', () => {
    expect(parse(': still there\n\n', ':\n\n')).toEqual([]);
  });
});
