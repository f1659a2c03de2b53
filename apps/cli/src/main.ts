#!/usr/bin/env node
import { NO_PAINT, TERMINAL_PAINT } from './render/paint.js';
import { run } from './run.js';
import type { Screen } from './terminal.js';

const { env, stdout, stderr } = process;
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());
// The reader of a pipe (head, less) may leave before everything is written: that is no fault.
for (const stream of [stdout, stderr]) stream.on('error', (error: NodeJS.ErrnoException) => error.code === 'EPIPE' && process.exit(0));

const isDumb = env['TERM'] === 'dumb';
const DEFAULT_ROWS = 24;
const DEFAULT_COLUMNS = 80;
const screenOf = (stream: NodeJS.WriteStream): Screen | undefined =>
  stream.isTTY && !isDumb ? { rows: () => stream.rows || DEFAULT_ROWS, columns: () => stream.columns || DEFAULT_COLUMNS } : undefined;
const [screen, noteScreen] = [screenOf(stdout), screenOf(stderr)];

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => stdout.write(text),
  note: (text) => stderr.write(text),
  paint: screen && !env['NO_COLOR'] ? TERMINAL_PAINT : NO_PAINT,
  environment: env,
  stopped: stop.signal,
  ...(screen && { screen }),
  ...(noteScreen && { noteScreen }),
});
