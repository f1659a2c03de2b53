import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { aCommandLine, stored, type CommandLine } from '../spec/stand-in.js';

let line: CommandLine;
beforeAll(async () => {
  line = await aCommandLine();
});
afterEach(() => line.system.forget());
afterAll(() => line.close());

const ID = '0123456789abcdef0123';
/** Newest first, a second each. */
const events = [5, 4, 3, 2, 1].map((position) => ({
  ...(stored('api/devices.history.reply') as { items: [object] }).items[0],
  position: String(position),
  time: `2026-11-20T10:00:0${position}.000Z`,
}));
const shown = async (...words: string[]) => {
  line.system.replies['devices.history'] = { body: { items: events, nextCursor: null } };
  const { code, out, note } = await line.run(['devices', 'history', ID, '-o', 'name', ...words]);
  return [code, out.split('\n').filter(Boolean), note];
};

describe('a list', () => {
  it('ends at what is too old, by position and by time', async () => {
    expect(await shown('--since', '3')).toEqual([0, ['5', '4', '3'], '']);
    expect(await shown('--since', '2026-11-20T10:00:04Z')).toEqual([0, ['5', '4'], '']);
    expect(await shown('--since', '2099-01-01T00:00:00Z')).toEqual([0, [], '']);
  });

  it('ends where it is told, and says that there is more only where there is', async () => {
    expect(await shown('--limit', '2')).toEqual([0, ['5', '4'], 'only the first 2 are shown; --all shows every one\n']);
    expect(await shown('--limit', '5')).toEqual([0, ['5', '4', '3', '2', '1'], '']);
    expect(await shown('--limit', '2', '--all')).toEqual([0, ['5', '4', '3', '2', '1'], '']);
  });

  it('asks for pages no larger than what is wanted', async () => {
    await shown('--limit', '2');
    await shown('--all');
    expect(line.system.asked.map(({ body }) => (body as { limit: number }).limit)).toEqual([2, 1000]);
  });

  it.each(['0', '-1', 'x', '1.5'])('cannot be limited to %s', async (limit) => {
    expect(await line.run(['hosts', 'ls', '--limit', limit])).toMatchObject({ code: 64, note: expect.stringContaining('above 0') as never });
  });
});
