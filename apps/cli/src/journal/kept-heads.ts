import type { Head } from '@vfleet/journal';
import { UsageError } from '../exit-codes.js';
import { readFile } from '../options.js';

/**
 * The heads that a file holds: a log of the allocator, whole or in part, or what one `vfleet journal verify -o json` printed. Lines
 * that tell of no head are passed over.
 * @throws UsageError for a file without one, and for a head that lacks something
 */
export const keptHeads = (file: string): readonly Head[] => {
  const text = readFile('--head', file).toString('utf8');
  const whole = parsed(text);
  const values = whole === undefined ? text.split('\n').map((line) => parsed(line.slice(line.indexOf('{')))) : [whole].flat();
  const heads = values.flatMap(headIn);
  if (heads.length === 0)
    throw new UsageError(`--head ${file} holds no head; the allocator's log has them, and vfleet journal verify -o json prints one`);
  const wrong = heads.findIndex((head) => !isHead(head));
  if (wrong >= 0)
    throw new UsageError(`--head ${file}: head ${wrong + 1} of ${heads.length} must have position, hash, sealedAt, keyId and signature`);
  return heads as readonly Head[];
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** A head stands in a field of that name. */
const headIn = (value: unknown): readonly unknown[] => {
  const head = (value as { readonly head?: unknown } | null | undefined)?.head;
  return head === undefined || head === null ? [] : [head];
};

const isHead = (value: unknown): value is Head => {
  const { position, hash, sealedAt, keyId, signature } = value as Partial<Record<keyof Head, unknown>>;
  const texts = [sealedAt, keyId, signature].every((one) => typeof one === 'string');
  return texts && Number.isSafeInteger(position) && (position as number) > 0 && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
};
