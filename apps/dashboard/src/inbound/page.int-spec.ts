import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { aFolder } from '@vfleet/testing';
import { aDashboard, type DashboardUnderTest } from '../../spec/dashboard.js';
import { ask, open } from '../../spec/http.js';

const AWAY = { natsUrl: 'nats://127.0.0.1:1', pgUrl: 'postgres://nobody@127.0.0.1:1/none' };
/** `page` as brotli makes it. */
const BROTLI = Buffer.from('iwGAcGFnZQM=', 'base64');

let folder: string;
let dashboard: DashboardUnderTest;

const write = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);

beforeAll(async () => {
  folder = aFolder('page');
  mkdirSync(join(folder, 'assets'));
  write('assets/index-abc.js', 'page');
  write('assets/index-abc.js.br', BROTLI);
  write('assets/index-abc.js.gz', 'gzipped');
  write('assets/notes.exe', 'x');
  write('index.html', '<p>first');
  dashboard = await aDashboard(AWAY, { pageFolder: folder });
});
afterAll(() => dashboard.close());

describe('the page', () => {
  it.each(['/', '/devices', '/devices/0123', '/hosts/h1?at=3', '/apiary', '/..%2f..%2fetc%2fpasswd'])('is what %s shows', async (path) => {
    const { status, headers, text } = await ask(dashboard.at(path));
    expect([status, text, headers['content-type'], headers['cache-control']]).toEqual([200, '<p>first', 'text/html; charset=utf-8', 'no-cache']);
  });

  it.each(['/assets/none.js', '/assets/notes.exe', '/api', '/api/x', '/live/x', '/health', '/health/x', '/none.js', '/assets/..%2findex.html'])(
    'is not what %s shows',
    async (path) => {
      const { status, text } = await ask(dashboard.at(path));
      expect(status).toBe(404);
      expect(text).toContain('NOT_FOUND');
    },
  );

  it.each(['//', '//[', '///etc/passwd', '//assets/..'])('is what %s shows, which names no server', async (path) => {
    const { hostname, port } = new URL(dashboard.at('/'));
    const asked = { hostname, port, path, headers: { host: `${hostname}:${port}` }, agent: false };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => void request(asked, resolve).once('error', reject).end());
    answer.resume();
    expect(answer.statusCode).toBe(200);
  });

  it('has files that may be kept for ever, each in the form that is accepted', async () => {
    const file = dashboard.at('/assets/index-abc.js');
    const plain = await ask(file);
    expect([plain.text, plain.headers['cache-control'], plain.headers['content-encoding']]).toEqual([
      'page',
      'public, max-age=31536000, immutable',
      undefined,
    ]);
    expect((await ask(file, { headers: { 'accept-encoding': 'gzip' } })).headers).toMatchObject({
      'content-encoding': 'gzip',
      vary: 'accept-encoding',
    });
    expect((await ask(file, { headers: { 'accept-encoding': 'br;q=0, gzip;q=0.0' } })).text).toBe('page');
    const response = await open(file, { headers: { 'accept-encoding': 'gzip, deflate, br;q=0.9' } });
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    expect([response.headers['content-encoding'], brotliDecompressSync(Buffer.concat(chunks)).toString()]).toEqual(['br', 'page']);
  });

  it('is the newest that was built', async () => {
    write('index.html', '<p>second');
    expect((await ask(dashboard.at('/'))).text).toBe('<p>second');
  });

  it('says how to build it where it was never built', async () => {
    const unbuilt = await aDashboard(AWAY, { pageFolder: join(folder, 'none') });
    const { status, text } = await ask(unbuilt.at('/'));
    expect([status, text]).toEqual([503, expect.stringContaining('npm run build')]);
    await unbuilt.close();
  });
});
