import { isMap, isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { BadConfiguration, type ConfigurationFault } from './faults.js';
import { readConfigurationFile } from './files.js';

/** The way to a value: keys and indexes. */
export type YamlPath = readonly (string | number)[];

/** A YAML file's values, and the line on which each stands. */
export interface YamlFile {
  readonly where: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly lineOf: (path: YamlPath) => number;
}

/** @throws BadConfiguration when it cannot be read, is no YAML, or is no mapping of keys to values. */
export const readYamlFile = (path: string): YamlFile => parseYaml(readConfigurationFile(path).toString('utf8'), path);

export const parseYaml = (text: string, where: string): YamlFile => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, maxAliasCount: 0 } as never);
  const faults = document.errors.map(({ message, pos }): ConfigurationFault => ({ where, line: lines.linePos(pos[0]).line, message }));
  if (faults.length > 0) throw new BadConfiguration(faults);
  if (document.contents !== null && !isMap(document.contents))
    throw new BadConfiguration([{ where, line: 1, message: 'must be a mapping of keys to values' }]);
  return { where, content: toValues(document, where), lineOf: (path) => lineOf(document, lines, path) };
};

const toValues = (document: Document, where: string): Readonly<Record<string, unknown>> => {
  try {
    return (document.toJS({ maxAliasCount: 100 }) ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw new BadConfiguration([{ where, line: 1, message: (error as Error).message }]);
  }
};

/** The line of a key, else of the nearest thing around it. */
const lineOf = (document: Document, lines: LineCounter, path: YamlPath): number => {
  for (let length = path.length; length > 0; length -= 1) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return 1;
};

const offsetOf = (document: Document, path: YamlPath): number | undefined => {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const key = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isNode(item.key) && String(item.key) === String(key));
    return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  const node = document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
};
