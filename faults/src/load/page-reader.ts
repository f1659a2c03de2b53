/** A page that follows every event of the dashboard at the first argument, until its standard input ends; then it says how much it read. */
import { request } from 'node:http';

const [base = ''] = process.argv.slice(2);
let bytes = 0;
let cut = 0;
const follow = request(new URL('/live', base), (response) => {
  response.on('data', (chunk: Buffer) => (bytes += chunk.byteLength)).on('close', () => (cut += 1));
  response.on('error', () => undefined);
});
follow.on('error', () => (cut += 1)).end();
process.stdin.on('end', () => process.stdout.write(`${JSON.stringify({ bytes, cut })}\n`, () => process.exit())).resume();
