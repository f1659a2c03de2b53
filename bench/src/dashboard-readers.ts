/**
 * Open pages, as many as the second argument says, of the dashboard at the first: each follows what its third argument
 * says and what has changed. Told what has been read (bytes, frames) by one line when its standard input ends.
 */
import { request } from 'node:http';

const [base = '', pages = '50', path = '/live'] = process.argv.slice(2);
const read = { bytes: 0, cut: 0 };

const follow = (what: string): Promise<void> =>
  new Promise((opened, failed) => {
    const open = request(new URL(what, base), (response) => {
      if (response.statusCode !== 200) failed(new Error(`${what} answered ${response.statusCode}`));
      opened();
      response.on('data', (chunk: Buffer) => (read.bytes += chunk.byteLength));
      response.on('close', () => (read.cut += 1));
      response.on('error', () => undefined);
    });
    open.on('error', failed).end();
  });

await Promise.all(Array.from({ length: Number(pages) }, async () => Promise.all([follow(path), follow('/live/changes')])));
process.stdout.write('open\n');
process.stdin.on('end', () => process.stdout.write(`${JSON.stringify(read)}\n`, () => process.exit())).resume();
