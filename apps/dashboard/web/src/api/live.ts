import { eventParser, type StreamMessage } from './event-stream.js';
import { createStore } from './store.js';
import { authorization, tokenStore } from './token.js';

/** How the page hears of changes: it does, it is about to, the server is away, or wants a token. */
export type LiveState = 'connecting' | 'live' | 'broken' | 'refused';

export const liveState = createStore<LiveState>('connecting');

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

class Refused extends Error {}

/** As EventSource does, but with the operator's token: that may be needed for reading too. */
const listen = async (path: string, last: string | undefined, signal: AbortSignal, opened: () => void, heard: (message: StreamMessage) => void) => {
  const headers = { accept: 'text/event-stream', ...authorization(), ...(last !== undefined && { 'last-event-id': last }) };
  const response = await fetch(path, { headers, signal });
  if (response.status === 401 || response.status === 403) throw new Refused(path);
  if (!response.ok || !response.body) throw new Error(`${path} answered ${response.status}`);
  opened();
  const parse = eventParser(heard);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) parse(piece.value);
};

export interface LiveOptions {
  readonly heard: (message: StreamMessage) => void;
  /** Each time that the stream is there again after it was not. */
  readonly opened?: () => void;
  readonly broken?: (state: 'broken' | 'refused') => void;
}

/** Not for longer than until another token is given. */
const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      forget();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    const forget = tokenStore.follow(done);
    signal.addEventListener('abort', done);
  });

/** Follows a stream of the server for good, resuming behind the last message; returns what ends it. */
export const follow = (path: string, { heard, opened, broken }: LiveOptions): (() => void) => {
  const stop = new AbortController();
  let last: string | undefined;
  let wait = FIRST_RETRY_MS;
  const note = (message: StreamMessage): void => {
    last = message.id ?? last;
    heard(message);
  };
  const isOpen = (): void => {
    wait = FIRST_RETRY_MS;
    opened?.();
  };
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const fault: unknown = await listen(path, last, stop.signal, isOpen, note).catch((error: unknown) => error);
      if (stop.signal.aborted) return;
      broken?.(fault instanceof Refused ? 'refused' : 'broken');
      await pause(wait, stop.signal);
      wait = Math.min(wait * 2, LAST_RETRY_MS);
    }
  };
  void run();
  return () => stop.abort();
};
