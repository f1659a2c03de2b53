import { ERASE_LINE } from './progress.js';
import type { Terminal } from './terminal.js';

/** A line at the bottom that says what is being waited for, and for how long; nothing where no screen is. */
export interface LiveLine {
  /** Tells something for good, above that line. */
  readonly tell: (text: string) => void;
  readonly waitFor: (what: string) => void;
  readonly end: () => void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;

export const liveLine = ({ note, noteScreen, paint }: Terminal): LiveLine => {
  if (!noteScreen) return { tell: note, waitFor: () => undefined, end: () => undefined };
  let what = '';
  let since = performance.now();
  let frame = 0;
  const draw = (): void => {
    if (what === '') return;
    const seconds = ((performance.now() - since) / 1_000).toFixed(1);
    const text = `${FRAMES[frame++ % FRAMES.length]} ${what} ${seconds} s`;
    note(`${ERASE_LINE}${paint.dim(text.slice(0, noteScreen.columns() - 1))}`);
  };
  const timer = setInterval(draw, FRAME_MS);
  return {
    tell: (text) => {
      note(`${ERASE_LINE}${text}`);
      draw();
    },
    waitFor: (next) => {
      what = next;
      since = performance.now();
      draw();
    },
    end: () => {
      clearInterval(timer);
      note(ERASE_LINE);
    },
  };
};
