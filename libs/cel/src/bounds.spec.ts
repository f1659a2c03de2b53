import { describe, expect, it } from '@jest/globals';
import { compileWhere } from '@vfleet/cel';
import fc from 'fast-check';
import { DeviceFacts } from './device-facts.js';
import { running } from './environments.js';
import { rememberingLast } from './least-recent.js';
import { MAX_STEPS } from './vocabulary.js';
import { LINEAR_MATCHES } from './written.js';

const fault = (expression: string): string => {
  const where = compileWhere(expression);
  return 'fault' in where ? where.fault : 'is accepted';
};
const many = (count: number, one: string, between: string): string => Array.from({ length: count }, () => one).join(between);

const DEVICE = {
  numaNode: 0,
  address: '0000:28:00.1',
  driver: `${'a'.repeat(200)}!`,
  net: [{ ifname: 'ens1f0', speedMbps: 25_000 }],
  tags: { zone: 'a' },
};

describe('a where that asks for too much is refused', () => {
  const longList = `[${many(65, '1', ',')}]`;
  it.each([
    [`device.name == "${'x'.repeat(1024)}"`, /has more than 1024 characters/],
    [many(90, 'device.bootVga', ' && ').slice(0, 1024), /exceeded maxAstNodes \(256\)|no attribute|unexpected/],
    [many(150, 'true', '||'), /exceeded maxAstNodes \(256\)/],
    [`${'('.repeat(100)}true${')'.repeat(100)}`, /exceeded maxDepth \(24\)/],
    ['!'.repeat(1000), /unexpected token|exceeded/],
    [`1 in ${longList}`, /exceeded maxListElements \(64\)/],
    ['device.net.all(n, device.net.all(m, n.mac == m.mac))', 'at character 19: a loop may not stand in another loop'],
    ['device.net.map(n, n.ifname + n.ifname).size() == 1', /\+ may not stand in a loop/],
    ['(device.net + device.net).all(n, n.carrier)', /runs over an attribute or over a list that is written out/],
    ['"abc".all(x, true)', /runs over an attribute/],
    ['device.tags.all(device, true)', /device is taken/],
    ['device.tags.all(1, true)', /^at character|invalid predicate iteration variable/],
    [`[${many(64, '1', ',')}].all(x, ${many(8, 'x == device.numaNode', ' && ')})`, /takes \d+ steps on one device and may take 512/],
    ['device.name.matches(device.driver)', /a pattern that is written out/],
    ['device.name.matches("(a")', /is no pattern of RE2/],
    ['device.name.matches("(?=a)b")', /is no pattern of RE2/],
    ['device.name.matches("(a)\\\\1")', /is no pattern of RE2/],
    ['device.name.matches("(a{8}){8}")', /repeats more than 32 times/],
    ['device.name.matches("a{1000,}")', /repeats more than 32 times/],
    [`device.name.matches("${'a'.repeat(129)}")`, /has more than 128 characters/],
  ] as const)('%s', (expression, message) => {
    expect(fault(expression)).toMatch(message);
  });

  it('and a pattern at which others back-track for ever is answered', () => {
    const where = compileWhere('device.driver.matches("^(a+)+$")');
    expect('test' in where && where.test(DEVICE)).toBe(false);
  });

  it('and 512 devices are answered by the most that is accepted', () => {
    const where = compileWhere(`[${many(13, '1', ',')}].all(x, x > device.numaNode)`);
    const devices = Array.from({ length: 512 }, (_, index) => ({ ...DEVICE, numaNode: index % 2 }));
    expect('test' in where && devices.filter((device) => where.test(device)).length).toBe(256);
  });

  it.each([
    ['an element that may not be there', 13, (count: number) => many(count, 'device.net[0].carrier', ' || ')],
    ['a sum that may be too large', 13, (count: number) => many(count, 'device.numaNode + 1 == 1', ' && ')],
    ['a text that may be no number', 13, (count: number) => many(count, 'int(device.address) == 1', ' || ')],
    ['an attribute that cannot be looked for beforehand', 13, (count: number) => `(${many(count, 'device.driver == "x"', ' || ')}) == true`],
  ])('and what may fail stands in few places: %s', (_what, most, of) => {
    expect([fault(of(most)), fault(of(most + 1))]).toEqual(['is accepted', expect.stringMatching(/takes \d+ steps/)]);
  });

  it('and so in a loop over what is written, which goes round as often as it says', () => {
    expect(fault('["0000:28:", "0000:29:"].exists(start, device.address.startsWith(start))')).toBe('is accepted');
    expect(fault(`[${many(16, '1', ',')}].all(x, x > device.numaNode)`)).toMatch(/takes \d+ steps/);
  });

  it('and leaves errors of others as they are', () => {
    const before = Error.stackTraceLimit;
    Error.stackTraceLimit = 7;
    const where = compileWhere('device.net[3].carrier');
    expect('test' in where && where.test(DEVICE)).toBe(false);
    expect(Error.stackTraceLimit).toBe(7);
    Error.stackTraceLimit = before;
  });

  it('and a list that is too long to loop over counts as missing', () => {
    const where = compileWhere('device.net.all(n, n.speedMbps > 0)');
    const net = (length: number) => Array.from({ length }, () => ({ speedMbps: 1 }));
    expect('test' in where && [where.test({ net: net(64) }), where.test({ net: net(65) })]).toEqual([true, false]);
  });
});

/** A device that counts how often it is read. */
const counted = (net: readonly object[]): { readonly device: object; readonly reads: () => number } => {
  let reads = 0;
  const count = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (from, key) => {
        reads += 1;
        return Reflect.get(from, key) as unknown;
      },
    });
  return { device: count({ ...DEVICE, net: net.map(count) }), reads: () => reads };
};

const atOnce = (text: string): boolean => {
  try {
    return running.evaluate(text.replaceAll('.matches', `.${LINEAR_MATCHES}`), { device: new DeviceFacts(DEVICE) }) === true;
  } catch {
    return false;
  }
};

const TERMS = [
  'device.numaNode == 0',
  'device.net.all(n, n.speedMbps > 0 && n.speedMbps < 100000)',
  'device.net.filter(n, n.speedMbps > 0).all(n, has(n.ifname))',
  '[1, 2, 3, 4, 5, 6, 7, 8].all(x, x > device.numaNode)',
  'device.address.matches("^0000")',
  'device.tags.exists(k, device.tags[k] == "a")',
  '!has(device.serial)',
  'device.numaNode in [0, 1, 2]',
];

describe('any text at all', () => {
  const joined = fc
    .array(fc.constantFrom(...TERMS), { minLength: 1, maxLength: 12 })
    .chain((terms) => fc.constantFrom(' && ', ' || ', ' == ', ' ? true : ').map((operator) => terms.join(operator)));
  const mutated = fc
    .record({
      text: joined,
      at: fc.nat(300),
      cut: fc.nat(4),
      put: fc.oneof(
        fc.string({ maxLength: 4 }),
        fc.constantFrom('(', ')', '[', '"', '.', 'null', '{}', 'device', '.map(x, x)', '__proto__', '-', '1u', 'b"a"'),
      ),
    })
    .map(({ text, at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut));

  it('is refused in one sentence or answered, and never thrown at', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 20 }), joined, mutated), (text) => {
        const where = compileWhere(text);
        if ('fault' in where) expect(where.fault).toMatch(/^[^\n]{5,400}$/);
        else expect([true, false]).toContain(where.test(DEVICE));
      }),
      { numRuns: 5000 },
    );
  });

  it('is answered as the language answers the whole of it at once', () => {
    const parts = fc.constantFrom(...TERMS, 'device.serial == "x"', 'device.tags.row == "b"', 'device.numaNode / 0 == 1', 'false');
    const { expression } = fc.letrec<{ expression: string; part: string; pair: string }>((tie) => ({
      expression: fc.oneof({ maxDepth: 4 }, tie('part'), tie('pair')),
      part: parts,
      pair: fc
        .tuple(tie('expression'), fc.constantFrom(' && ', ' || ', ' == ', ' ? true : '), tie('expression'), fc.constantFrom('', '!'))
        .map(([left, operator, right, not]) => `${not}((${left})${operator}(${right}))`),
    }));
    fc.assert(
      fc.property(expression, (text) => {
        const where = compileWhere(text);
        if ('test' in where) expect([text, where.test(DEVICE)]).toEqual([text, atOnce(text)]);
      }),
      { numRuns: 5000 },
    );
  });

  it('reads a device with 64 interfaces at most four times as often as it may take steps, whatever is accepted', () => {
    const net = Array.from({ length: 64 }, () => ({ ifname: 'x', speedMbps: 1000 }));
    fc.assert(
      fc.property(joined, (text) => {
        const where = compileWhere(text);
        const { device, reads } = counted(net);
        if ('test' in where) where.test(device as Record<string, unknown>);
        expect(reads()).toBeLessThanOrEqual(4 * MAX_STEPS);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what is remembered', () => {
  it('is bounded, and forgets what was asked for longest ago', () => {
    const computed: string[] = [];
    const answer = rememberingLast(2, (key) => computed.push(key));
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) answer(key);
    expect(computed).toEqual(['a', 'b', 'c', 'b']);
  });
});
