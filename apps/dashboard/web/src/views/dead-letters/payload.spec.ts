import { describe, expect, it } from '@jest/globals';
import { asHex, asText, toBytes } from './payload.js';

const base64 = (bytes: readonly number[] | string): string => Buffer.from(bytes as string).toString('base64');

describe('the payload of a dead letter', () => {
  it('is shown as text, indented where it is JSON', () => {
    expect(asText(toBytes(base64('{"a":[1]}')))).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(asText(toBytes(base64('not { json é')))).toBe('not { json é');
  });

  it('is shown byte by byte, whatever it is', () => {
    expect(asHex(toBytes(base64([0, 255, 65, 10])))).toBe('00000000  00 ff 41 0a                                      |..A.|');
    expect(asHex(toBytes(base64('x'.repeat(17)))).split('\n')).toHaveLength(2);
    expect(asHex(new Uint8Array())).toBe('');
  });
});
