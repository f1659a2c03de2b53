import { Properties } from 'properties-file/parser';
import { parsePciAddress } from '@vfleet/pci';
import { BadConfiguration, type ConfigurationFault } from './faults.js';
import { readConfigurationFile } from './files.js';

const KEY = 'pci.devices';
const MAX_NAME = 256;

/** Device names by address from `pci.devices=28:00.1|10GE,28:00.2|10GE`. @throws BadConfiguration */
export const readDeviceNames = (path: string): ReadonlyMap<string, string> => parseDeviceNames(readConfigurationFile(path), path);

export const parseDeviceNames = (content: Buffer, where: string): ReadonlyMap<string, string> => {
  const property = parse(content, where).getEffectiveProperty(KEY);
  const names = new Map<string, string>();
  if (!property) return names;
  const faults: ConfigurationFault[] = [];
  const lines = linesOfEntries(property);
  const entries = property.value.split(',');
  if (entries.at(-1)?.trim() === '') entries.pop();
  entries.forEach((entry, index) => {
    const message = addEntry(entry, names);
    if (message !== undefined) faults.push({ where, line: lines[index] ?? property.startingLineNumber, message });
  });
  if (faults.length > 0) throw new BadConfiguration(faults);
  return names;
};

const addEntry = (entry: string, names: Map<string, string>): string | undefined => {
  const parts = entry.split('|').map((part) => part.trim());
  const address = parsePciAddress(parts[0] ?? '');
  const name = parts[1];
  if (parts.length !== 2 || !address || !name) return `"${entry.trim()}" is no entry of the form 28:00.1|NAME`;
  if (name.length > MAX_NAME) return `the name of ${address} is longer than ${MAX_NAME} characters`;
  const other = names.get(address);
  if (other !== undefined && other !== name) return `${address} has two names, ${other} and ${name}`;
  names.set(address, name);
  return undefined;
};

/** The line of each comma-separated entry: a continued value spreads over several. */
const linesOfEntries = ({
  rawLines,
  startingLineNumber,
}: {
  readonly rawLines: readonly string[];
  readonly startingLineNumber: number;
}): readonly number[] => {
  const lines: number[] = [];
  let begun: number | undefined;
  rawLines.forEach((text, offset) => {
    const value = offset === 0 ? text.replace(/^[^=:]*[=:]?/, '') : text;
    for (const character of value.replace(/\\$/, '')) {
      if (character === ',') {
        lines.push(begun ?? startingLineNumber + offset);
        begun = undefined;
      } else if (character.trim() !== '') begun ??= startingLineNumber + offset;
    }
  });
  return [...lines, begun ?? startingLineNumber];
};

/** UTF-8 where it is such, else ISO 8859-1: as `java.util.PropertyResourceBundle` reads since Java 9. */
const parse = (content: Buffer, where: string): Properties => {
  try {
    return new Properties(decode(content));
  } catch (error) {
    const escape = /\\u(?![0-9a-fA-F]{4})/.exec(content.toString('latin1'));
    const line = escape
      ? content
          .toString('latin1')
          .slice(0, escape.index)
          .split(/\r\n|\r|\n/).length
      : 1;
    throw new BadConfiguration([{ where, line, message: (error as Error).message }]);
  }
};

const decode = (content: Buffer): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return content.toString('latin1');
  }
};
