import type { Terminal } from './terminal.js';

/** How far something that takes a while has come, told beside its result. */
export interface Progress {
  readonly reached: (count: number) => void;
  /** Takes away what is not to stay on the screen. */
  readonly end: () => void;
}

const BAR_WIDTH = 30;
/** Where no screen is, a line each so many hundredths. */
const LINE_PERCENT = 10;
/** ECMA-48: to the beginning of the line, and erase it. */
export const ERASE_LINE = '\r\u001b[2K';

/** A bar in place on a screen; elsewhere a line now and then. Nothing for less than two. */
export const progressOf = ({ note, noteScreen, paint }: Terminal, what: string, total: number): Progress => {
  if (total < 2) return { reached: () => undefined, end: () => undefined };
  if (noteScreen)
    return {
      reached: (count) => note(`${ERASE_LINE}${paint.good(barOf(count / total))} ${count} of ${total} ${what}`),
      end: () => note(ERASE_LINE),
    };
  let told = 0;
  return {
    reached: (count) => {
      const percent = Math.floor((count / total) * 100);
      if (percent < told + LINE_PERCENT && count < total) return;
      told = percent;
      note(`${count} of ${total} ${what}\n`);
    },
    end: () => undefined,
  };
};

const barOf = (share: number): string => {
  const done = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
  return `[${'#'.repeat(done)}${'-'.repeat(BAR_WIDTH - done)}]`;
};
