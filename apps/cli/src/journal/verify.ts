import { isPassing, openPool, parseSealReader, verifySeals, type SealReader, type Verification } from '@vfleet/journal';
import { ApiError, unavailable } from '@vfleet/contracts';
import { UsageError } from '../exit-codes.js';
import { readFile } from '../options.js';
import { progressOf, type Progress } from '../progress.js';
import type { Terminal } from '../terminal.js';
import { keptHeads } from './kept-heads.js';

export interface VerifyWords {
  /** Address of the database. */
  readonly pg: string;
  /** Files with the public keys that are trusted. */
  readonly publicKey: readonly string[];
  /** Files with heads that were kept. */
  readonly head: readonly string[];
  readonly from: number;
}

/** One for seals, one for events. */
const CONNECTIONS = 2;

/** @throws UsageError for files that are none, ApiError 503 where the database does not answer, 403 where it refuses */
export const verify = async ({ pg, publicKey, head, from }: VerifyWords, terminal: Terminal): Promise<Verification> => {
  const readers = publicKey.map(readerIn);
  const kept = head.flatMap(keptHeads);
  const pool = openPool({ url: pg, name: 'vfleet-verify', max: CONNECTIONS });
  const progress = progressIn(terminal);
  try {
    return await verifySeals({ pool, readers, from, kept, onProgress: progress.reached });
  } catch (error) {
    throw inWords(error);
  } finally {
    progress.end();
    await pool.end();
  }
};

const readerIn = (file: string): SealReader => {
  const reader = parseSealReader(readFile('--public-key', file).toString('utf8'));
  if (!reader) throw new UsageError(`--public-key ${file} is no Ed25519 public key; vfleet security seal-key makes seal.pub`);
  return reader;
};

/** How much there is, is known with the first news. */
const progressIn = (terminal: Terminal): { readonly reached: (looked: number, all: number) => void; readonly end: () => void } => {
  let progress: Progress | undefined;
  return {
    reached: (looked, all) => {
      if (terminal.stopped.aborted) throw unavailable('stopped before everything was looked at');
      progress ??= progressOf(terminal, 'events', all);
      progress.reached(looked);
    },
    end: () => progress?.end(),
  };
};

/** PostgreSQL, appendix A: who may not log in, or may not read; a schema or a table that is not there. */
const REFUSED = /^(28|42501)/;
const NOT_THERE = /^(3F000|42P01)$/;

const inWords = (error: unknown): unknown => {
  const { code = '', message } = error as Error & { readonly code?: string };
  if (REFUSED.test(code)) return new ApiError(403, 'FORBIDDEN', message);
  if (NOT_THERE.test(code)) return new Error(`${message}: this is no database of vfleet, or its services are of a version that does not seal`);
  return error instanceof ApiError || !isPassing(error) ? error : unavailable(`the database does not answer: ${message}`);
};
