import { get, type IncomingMessage } from 'node:http';
import type { Findings } from './findings.js';

/** A page that follows every event, as a browser does: where its connection breaks it connects again, and says what it saw last. */
export interface Page {
  /** Positions, in the order in which they came. */
  readonly seen: readonly number[];
  /** How often it had a connection. */
  readonly connections: () => number;
  readonly close: () => void;
}

const AGAIN_MS = 100;
/** A frame without an `event` is an event of the journal (HTML standard, 9.2: fields of a line each, an empty line ends it). */
const POSITION = /^id: (\d+)\ndata: /;

/** Follows from the first event on. */
export const aPage = (url: string): Page => {
  const seen: number[] = [];
  let [last, connections, closed] = ['0', 0, false];
  const leaving = new AbortController();
  const read = async (response: IncomingMessage): Promise<void> => {
    connections += 1;
    let text = '';
    for await (const piece of response.setEncoding('utf8') as AsyncIterable<string>) {
      const frames = (text + piece).split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        const [, position] = POSITION.exec(frame) ?? [];
        if (position !== undefined) seen.push(Number((last = position)));
      }
    }
  };
  const once = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const options = { headers: { 'last-event-id': last }, agent: false as const, signal: leaving.signal };
      get(new URL('live', url), options, (response) => void read(response).then(resolve, reject)).on('error', reject);
    });
  const follow = async (): Promise<void> => {
    while (!closed) {
      await once().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  };
  void follow();
  return { seen, connections: () => connections, close: () => ((closed = true), leaving.abort()) };
};

/** Every event up to `head` is to be seen once, in order. */
export const judgePage = (seen: readonly number[], head: number): Findings => {
  const times = new Map<number, number>();
  for (const position of seen) times.set(position, (times.get(position) ?? 0) + 1);
  const all = Array.from({ length: head }, (_, n) => n + 1);
  return {
    lost: all.filter((position) => !times.has(position)).map((position) => `the page has not seen position ${position}`),
    doubled: [...times].filter(([, count]) => count > 1).map(([position, count]) => `the page has seen position ${position} ${count} times`),
    misplaced: seen.filter((position, n) => n > 0 && position < (seen[n - 1] ?? 0)).map((position) => `the page has seen position ${position} late`),
  };
};
