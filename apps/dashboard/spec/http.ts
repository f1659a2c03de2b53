import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body, where it is JSON. */
  readonly json: () => unknown;
}

/** An HTTP answer from its first byte on; any header may be sent, as a browser's would not be. */
export const open = (url: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request(url, { method, headers, agent: false }, resolve).once('error', reject).end(body);
  });

export const ask = async (url: string, asked: Asked = {}): Promise<Answered> => {
  const response = await open(url, asked);
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) as unknown };
};
