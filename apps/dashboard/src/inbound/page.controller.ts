import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiError } from '@vfleet/contracts';
import { PageFiles, type Encoding, type PageFile } from '../page/page-files.js';
import { addressOf } from './query.js';

const FOR_EVER = 'public, max-age=31536000, immutable';
const ENCODINGS: readonly Encoding[] = ['br', 'gzip'];
const OTHERS = ['/api', '/live', '/health', '/assets'];

/** The page and its files. A path that is a view of the page, `/devices`, is answered with the page. */
@Controller()
export class PageController {
  constructor(private readonly files: PageFiles) {}

  @Get('{*path}')
  page(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    const path = addressOf(request).pathname;
    const index = this.files.index();
    const file = this.files.at(path) ?? (isView(path) ? index : undefined);
    if (file) return send(request, response, file);
    if (index || !isView(path)) throw new ApiError(404, 'NOT_FOUND', 'there is nothing here');
    response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' }).end('The page is not built: npm run build\n');
  }
}

const isView = (path: string): boolean => !OTHERS.some((other) => path === other || path.startsWith(`${other}/`)) && !/\.[a-z0-9]+$/.test(path);

const send = ({ headers }: IncomingMessage, response: ServerResponse, { type, hashed, bodies }: PageFile): void => {
  const accepted = (headers['accept-encoding'] ?? '').split(/\s*,\s*/);
  const encoding =
    ENCODINGS.find((one) => accepted.some((form) => new RegExp(`^${one}(?!;q=0(?:\\.0*)?$)`).test(form)) && bodies.has(one)) ?? 'identity';
  const body = bodies.get(encoding) as Uint8Array;
  response.writeHead(200, {
    'content-type': type,
    'content-length': body.byteLength,
    'cache-control': hashed ? FOR_EVER : 'no-cache',
    vary: 'accept-encoding',
    ...(encoding !== 'identity' && { 'content-encoding': encoding }),
  });
  response.end(body);
};
