import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileWhere } from './compile-where.js';

const equals = (expression: string): Record<string, unknown> => {
  const compiled = compileWhere(expression);
  if ('fault' in compiled) throw new Error(`${expression}: ${compiled.fault}`);
  return Object.fromEntries(compiled.equals);
};

describe('what a device is sure to have where an expression is true of it', () => {
  it.each([
    ['device.name == "10GE"', { name: '10GE' }],
    ['3 == device.vfIndex && device.name == "10GE" && device.numaNode > 0', { vfIndex: 3, name: '10GE' }],
    ['device.tags["rack"] == "b7" && (device.tags.zone == "a" && device.kind != "usb")', { 'tags.rack': 'b7', 'tags.zone': 'a' }],
    ['device.name == "10GE" || device.vfIndex == 3', {}],
    ['!(device.name == "10GE")', {}],
    ['device.numaNode == null && device.liveMigratable == true', {}],
    ['device.name == device.driver', {}],
    ['device.vfIndex + 1 == 3', {}],
  ])('is told of %s', (expression, expected) => {
    expect(equals(expression)).toEqual(expected);
  });

  it('is nothing that such a device may lack', () => {
    const value = fc.constantFrom('"a"', '"b"', '1', '2', 'null', 'true');
    const side = fc.oneof(fc.constantFrom('device.name', 'device.driver', 'device.vfIndex', 'device.numaNode', 'device.tags["t"]'), value);
    const { expression } = fc.letrec<{ expression: string }>((tie) => ({
      expression: fc.oneof(
        { maxDepth: 3 },
        fc.tuple(side, fc.constantFrom('==', '!='), side).map(([left, op, right]) => `${left} ${op} ${right}`),
        fc.tuple(tie('expression'), fc.constantFrom('&&', '||'), tie('expression')).map(([left, op, right]) => `(${left} ${op} ${right})`),
        tie('expression').map((one) => `!(${one})`),
      ),
    }));
    const some = fc.constantFrom<unknown>('a', 'b', 1, 2, 1.5, null, undefined);
    const device = fc.record({
      name: some,
      driver: some,
      vfIndex: some,
      numaNode: some,
      tags: fc.constantFrom<Record<string, string>>({}, { t: 'a' }, { t: 'b' }),
    });
    let asked = 0;
    fc.assert(
      fc.property(expression, fc.array(device, { minLength: 6, maxLength: 6 }), (text, devices) => {
        const compiled = compileWhere(text);
        if ('fault' in compiled) return;
        for (const one of devices.filter((candidate) => compiled.test(candidate)))
          for (const [name, wanted] of compiled.equals) {
            asked += 1;
            expect(name === 'tags.t' ? one.tags : one).toHaveProperty(name.slice(name.indexOf('.') + 1), wanted);
          }
      }),
      { numRuns: 4_000 },
    );
    expect(asked).toBeGreaterThan(100);
  });
});
