import { describe, expect, it } from '@jest/globals';
import { BadConfiguration } from './faults.js';
import { parseDeviceNames } from './properties.js';

const read = (text: string | Buffer): Record<string, string> => Object.fromEntries(parseDeviceNames(Buffer.from(text as string), 'agent.properties'));
const faultsOf = (text: string): readonly string[] => {
  try {
    read(text);
    return [];
  } catch (error) {
    return (error as BadConfiguration).message.split('\n');
  }
};

describe('a properties file', () => {
  it('names devices by their addresses, with and without a domain', () => {
    expect(read('pci.devices=28:00.1|10GE,0001:AB:1F.7|GPU one')).toEqual({ '0000:28:00.1': '10GE', '0001:ab:1f.7': 'GPU one' });
  });

  it('is read as Java reads it: comments, continuations, escapes, blanks, other keys', () => {
    expect(read('# one\n! two\nother : x\n  pci.devices  28:00.1 | 10\\u0047E, \\\n     28:00.2|a\\:b\n')).toEqual({
      '0000:28:00.1': '10GE',
      '0000:28:00.2': 'a:b',
    });
  });

  it('counts the last of two equal keys', () => {
    expect(read('pci.devices=nonsense\npci.devices=28:00.1|10GE')).toEqual({ '0000:28:00.1': '10GE' });
  });

  it('may end in a comma, name nothing, or not have the key at all', () => {
    expect([read('pci.devices=28:00.1|10GE,'), read('pci.devices='), read('a=b')]).toEqual([{ '0000:28:00.1': '10GE' }, {}, {}]);
  });

  it('may be in UTF-8 or in ISO 8859-1', () => {
    expect([read(Buffer.from('pci.devices=28:00.1|Grün', 'utf8')), read(Buffer.from('pci.devices=28:00.1|Grün', 'latin1'))]).toEqual([
      { '0000:28:00.1': 'Grün' },
      { '0000:28:00.1': 'Grün' },
    ]);
  });

  it('is refused with the line of each malformed entry', () => {
    expect(faultsOf('a=b\npci.devices=28:00.1|10GE,\\\n  28:0.2|x,,\\\n  28:00.3|,28:00.4|a|b\n')).toEqual([
      'agent.properties:3: "28:0.2|x" is no entry of the form 28:00.1|NAME',
      'agent.properties:3: "" is no entry of the form 28:00.1|NAME',
      'agent.properties:4: "28:00.3|" is no entry of the form 28:00.1|NAME',
      'agent.properties:4: "28:00.4|a|b" is no entry of the form 28:00.1|NAME',
    ]);
  });

  it('is refused when one address has two names, and not when it says one name twice', () => {
    expect(faultsOf('pci.devices=28:00.1|a,0000:28:00.1|b')).toEqual(['agent.properties:1: 0000:28:00.1 has two names, a and b']);
    expect(faultsOf('pci.devices=28:00.1|a,28:00.1|a')).toEqual([]);
  });

  it('is refused with the line of a broken escape', () => {
    expect(faultsOf('a=b\nc=\\u12')).toEqual([expect.stringMatching(/^agent\.properties:2: malformed/)]);
  });
});
