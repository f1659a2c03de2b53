#!/usr/bin/env node
import { NO_PAINT, TERMINAL_PAINT } from './render/paint.js';
import { run } from './run.js';

const { env, stdout, stderr } = process;
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());
// The reader of a pipe (head, less) may leave before everything is written: that is no fault.
for (const stream of [stdout, stderr]) stream.on('error', (error: NodeJS.ErrnoException) => error.code === 'EPIPE' && process.exit(0));

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  note: (text) => stderr.write(text),
  paint: stdout.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb' ? TERMINAL_PAINT : NO_PAINT,
  environment: env,
  stopped: stop.signal,
});
