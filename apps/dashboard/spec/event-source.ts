import type { IncomingMessage } from 'node:http';
import { open } from './http.js';

export interface Frame {
  readonly id: number;
  /** `message` where the frame does not say. */
  readonly event: string;
  readonly data: Record<string, unknown>;
}

export interface EventSource {
  /** Everything that has come so far. */
  readonly frames: readonly Frame[];
  /** Settles when the server has ended the stream, or it was closed. */
  readonly ended: Promise<void>;
  readonly close: () => void;
}

const parse = (text: string): Frame | undefined => {
  const fields = new Map(text.split('\n').map((line) => [line.split(':')[0], line.slice(line.indexOf(':') + 2)] as const));
  const data = fields.get('data');
  if (data === undefined) return undefined;
  return { id: Number(fields.get('id')), event: fields.get('event') ?? 'message', data: JSON.parse(data) as Record<string, unknown> };
};

/** Reads server-sent events as a browser does. */
export const anEventSource = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventSource> => {
  const response = await open(url, { headers });
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`);
  const frames: Frame[] = [];
  return { frames, ended: read(response, frames), close: () => response.destroy() };
};

const read = async (response: IncomingMessage, frames: Frame[]): Promise<void> => {
  let rest = '';
  try {
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
      const texts = (rest + chunk).split('\n\n');
      rest = texts.pop() ?? '';
      frames.push(...texts.flatMap((text) => parse(text) ?? []));
    }
  } catch {
    // Cut off: that is an end as well.
  }
};
