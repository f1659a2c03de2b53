import { setTimeout as delay } from 'node:timers/promises';
import type { VfleetClient } from '@vfleet/client';
import { ApiError, type ApiErrorBody } from '@vfleet/contracts';
import { render, type Format, type View } from './render/format.js';
import { jsonText } from './render/structured.js';
import { safeText } from './render/text.js';
import type { Terminal } from './terminal.js';

/** What tells that something has changed. */
export interface Wakes {
  /** Subjects of messages that say so. */
  readonly subjects: readonly string[];
  /** For what no message tells (heartbeats, lags): how often it is asked for anew. */
  readonly everySeconds?: number;
}

/** Changes come in crowds: they are shown together, at most so often. */
const SETTLE_MS = 150;
/** How long until it is tried again when nothing answers. */
const RETRY_MS = 2_000;

/**
 * Shows something, and shows it anew whenever it may have changed, until somebody stops it: on a screen in place,
 * elsewhere one after the other, only what differs.
 */
export const watch = async (client: VfleetClient, ask: () => Promise<View>, wakes: Wakes, format: Format, terminal: Terminal): Promise<void> => {
  const bell = aBell(terminal.stopped);
  const heard = wakes.subjects.map((subject) => client.nats.subscribe(subject, { callback: () => bell.ring() }));
  let before: string | undefined;
  try {
    while (!terminal.stopped.aborted) {
      const text = await picture(ask, format, terminal);
      if (text !== undefined && text !== before) draw(text, before === undefined, format, terminal);
      before = text ?? before;
      await bell.rung(text === undefined ? RETRY_MS : wakes.everySeconds && wakes.everySeconds * 1_000);
      await pause(SETTLE_MS, terminal.stopped);
    }
  } finally {
    for (const subscription of heard) subscription.unsubscribe();
  }
};

/** Undefined where nothing answers just now, which is said; what is wrong for good is thrown. */
const picture = async (ask: () => Promise<View>, format: Format, { paint, note, stopped }: Terminal): Promise<string | undefined> => {
  try {
    const view = await ask();
    return format === 'json' ? jsonText(view.value, 0) : render(view, format, paint);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 503) throw error;
    const { message }: ApiErrorBody['error'] = error.toBody().error;
    if (!stopped.aborted) note(`vfleet: ${safeText(message)}; trying again\n`);
    return undefined;
  }
};

/** ECMA-48: cursor to the upper left, then erase to the end of the screen. */
const CLEAR = '\u001b[H\u001b[2J';

const draw = (text: string, isFirst: boolean, format: Format, { out, paint, screen }: Terminal): void => {
  if (screen && (format === 'table' || format === 'wide')) {
    out(`${CLEAR}${paint.dim(`as of ${new Date().toISOString()}, Ctrl-C ends`)}\n${fitting(text, screen.rows() - 2)}`);
    return;
  }
  const between = { table: '\n', wide: '\n', yaml: '---\n', csv: '\n', name: '\n', json: '' }[format];
  out(isFirst ? text : between + text);
};

/** What does not fit below the head is counted, so that the head stays. */
const fitting = (text: string, rows: number): string => {
  const lines = text.trimEnd().split('\n');
  if (lines.length <= rows) return text;
  return `${lines.slice(0, Math.max(1, rows - 1)).join('\n')}\n… ${lines.length - rows + 1} lines more\n`;
};

/** Rings once for any number of changes; a ring that nobody waits for is kept. */
const aBell = (stopped: AbortSignal) => {
  let isRinging = false;
  let wake: (() => void) | undefined;
  const ring = (): void => {
    isRinging = true;
    wake?.();
  };
  stopped.addEventListener('abort', ring, { once: true });
  /** Resolves at a change, or after a while where one is said. */
  const rung = async (atMostMs?: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    if (!isRinging)
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (atMostMs !== undefined) timer = setTimeout(resolve, atMostMs);
      });
    clearTimeout(timer);
    isRinging = false;
  };
  return { ring, rung };
};

const pause = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
};
