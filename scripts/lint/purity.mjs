import { isSpec } from './directions.mjs';

const PURE_FOLDERS = [/(^|\/)apps\/[^/]+\/src\/domain\//, /(^|\/)libs\/(pci|decider)\/src\//];

/** Means to the world outside: clock, chance, timers, network, process. */
export const IMPURE_GLOBALS = new Set([
  'process',
  'global',
  'globalThis',
  'console',
  'crypto',
  'performance',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'require',
]);

/** What a pure file may import beside its siblings; contracts gives it the forms of messages. */
const PURE_LIBRARIES = new Set(['@vfleet/decider', '@vfleet/pci', '@vfleet/contracts']);
const RIM = /(^|\/)(inbound|outbound|read-model|migrations|config|main)(\/|\.js$)/;

/** Pure by their folder; specs and what helps them are not. */
export const isPure = (filename) => {
  const file = filename.replaceAll('\\', '/');
  return PURE_FOLDERS.some((folder) => folder.test(file)) && !isSpec(file) && !file.endsWith('/testing.ts');
};

/** The sentence that refuses an import of a pure file, or undefined. */
export const purityFault = (filename, specifier) => {
  if (PURE_LIBRARIES.has(specifier) || (specifier.startsWith('.') && !RIM.test(specifier))) return undefined;
  return `${specifier} in a pure file: it imports its siblings, decider, pci and contracts only`;
};
