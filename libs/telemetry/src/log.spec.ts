import { describe, expect, it } from '@jest/globals';
import { openLogger, toLog } from './log.js';
import { inTrace } from './traceparent.js';

const written = (say: (log: ReturnType<typeof toLog>) => void): string => {
  let text = '';
  say(toLog(openLogger('allocator', 'info', { write: (line: string) => void (text += line) })));
  return text;
};

// oxlint-disable-next-line no-control-regex
const ACTED_UPON = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

describe('a record of the log', () => {
  it('is one line of JSON: a constant message, its fields, level, service and time', () => {
    const text = written((log) => log('warn', 'a device is gone', { hostId: 'h1' }));
    expect(JSON.parse(text)).toMatchObject({ level: 'warn', service: 'allocator', msg: 'a device is gone', hostId: 'h1' });
    expect((JSON.parse(text) as { time: string }).time).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it.each([
    ['line breaks', 'a\r\nb'],
    ['terminal escapes', '\u001b[2J\u001b]0;title\u0007'],
    ['C1 controls, which some terminals take for escapes', 'x\u009b31my\u007f'],
    ['line separators', 'a\u2028b\u2029c\u0085d'],
    ['turns of direction', 'file\u202egpj.exe\u2066x'],
  ])('stays one line that a terminal shows as it is, with %s in a name', (_, name) => {
    const text = written((log) => log('info', 'reported', { name, nested: [{ name }] }));
    expect(text.slice(0, -1)).not.toMatch(ACTED_UPON);
    expect(text.split('\n')).toHaveLength(2);
    expect(JSON.parse(text)).toMatchObject({ name, nested: [{ name }] });
  });

  it('names the trace that it belongs to, where there is one', () => {
    const traceId = 'a'.repeat(32);
    const text = written((log) => inTrace(`00-${traceId}-${'b'.repeat(16)}-01`, () => log('info', 'done', {})));
    expect(JSON.parse(text)).toMatchObject({ traceId });
    expect(written((log) => log('info', 'done', {}))).not.toContain('traceId');
  });
});
