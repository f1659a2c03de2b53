import { describe, expect, it } from '@jest/globals';
import { consoleCommands, prints } from './console.js';

describe('a console block', () => {
  it('holds commands with what each prints', () => {
    expect(consoleCommands('$ one\nfirst\nsecond\n$ two \\\n>   three\nthird')).toEqual([
      { text: 'one', prints: 'first\nsecond' },
      { text: 'two \\\n  three', prints: 'third' },
    ]);
  });

  it('that does not begin with a command is refused', () => {
    expect(() => consoleCommands('one')).toThrow('begins with a command');
  });
});

describe('what a page shows', () => {
  const shown = 'HOST  SEEN\nsim-01  2026-11-22T01:44:34.392Z';

  it('is told from the same lines at another time and with other columns', () => {
    expect(prints('HOST    SEEN\nsim-01     2027-01-01T00:00:00.001Z\n', shown)).toBe(true);
  });

  it.each([
    ['another word', 'HOST  SEEN\nsim-02  2026-11-22T01:44:34.392Z\n'],
    ['a line more', 'HOST  SEEN\nsim-01  2026-11-22T01:44:34.392Z\nsim-02\n'],
    ['a line less', 'HOST  SEEN\n'],
    ['no time', 'HOST  SEEN\nsim-01  yesterday\n'],
    ['nothing', ''],
  ])('is not %s', (_, printed) => {
    expect(prints(printed, shown)).toBe(false);
  });

  it.each([
    ['reservation 01a200ed-3154-7b2c-8f8e-e23e80658a5f', 'reservation 01b200ed-3154-7b2c-8f8e-e23e80658a50'],
    ['at http://127.0.0.1:8080/', 'at http://127.0.0.1:41234/'],
    ['it took 1.2 s', 'it took 740 ms'],
    ['     348  2026-11-22T01:57:29.843Z  DevicesReserved', '    7012  2026-11-23T01:57:29.843Z  DevicesReserved'],
    ['journal  position 348', 'journal  position 7'],
  ])('%s may be %s', (line, printed) => {
    expect(prints(printed, line)).toBe(true);
  });

  it('takes figures, addresses and ids of devices as they are', () => {
    expect(prints('0000:02:02.1 a49a0f6673642e93c65d 21', '0000:02:02.0 a49a0f6673642e93c65d 21')).toBe(false);
    expect(prints('0000:02:02.0 b49a0f6673642e93c65d 21', '0000:02:02.0 a49a0f6673642e93c65d 21')).toBe(false);
    expect(prints('0000:02:02.0 a49a0f6673642e93c65d 22', '0000:02:02.0 a49a0f6673642e93c65d 21')).toBe(false);
  });

  it('leaves out what stands for any text and any lines', () => {
    expect(prints('a\nb\nc d e\n', 'a\n…\nc … e')).toBe(true);
    expect(prints('a\nb\nc d f\n', 'a\n…\nc … e')).toBe(false);
  });

  it('is nothing where the page shows nothing', () => {
    expect(prints('', '')).toBe(true);
    expect(prints('something\n', '')).toBe(false);
  });
});
