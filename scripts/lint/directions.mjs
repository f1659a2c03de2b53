import path from 'node:path';

/** Which libraries each library may import. Apps and benches may import every library, and nothing may import an app. */
const MAY_IMPORT = {
  decider: [],
  pci: [],
  cel: ['pci'],
  contracts: ['pci'],
  journal: [],
  messaging: [],
  embedded: ['contracts'],
  telemetry: [],
  client: ['contracts', 'pci'],
  'service-kit': ['contracts', 'journal', 'messaging', 'telemetry'],
  testing: ['client', 'contracts', 'decider', 'embedded', 'journal', 'messaging', 'pci'],
};

/** The libraries that may know Nest. */
const NEST = new Set(['messaging', 'service-kit']);

/** Libraries that import no package at all. */
const BARE = new Set(['decider', 'pci']);

const unitOf = (file) => {
  const [, kind, name] = /(?:^|\/)(libs|apps)\/([^/]+)\//.exec(file) ?? [];
  return kind && { kind, name };
};

/** Specs may use what a library's own code may not: the means to test it. */
export const isSpec = (file) => /\.(int-|e2e-|qemu-|cluster-)?spec\.ts$/.test(file);

const targetOf = (file, specifier) => {
  if (specifier.startsWith('.')) return unitOf(path.posix.resolve(path.posix.dirname(file), specifier));
  const [, name] = /^@vfleet\/([^/]+)/.exec(specifier) ?? [];
  return name && (name in MAY_IMPORT ? { kind: 'libs', name } : { kind: 'apps', name });
};

/** The sentence that refuses an import, or undefined for one that may stand. */
export const directionFault = (filename, specifier) => {
  const file = filename.replaceAll('\\', '/');
  const from = unitOf(file);
  if (!from) return undefined;
  const to = targetOf(file, specifier);
  if (!to) return packageFault(from, specifier, isSpec(file) || file.endsWith('/testing.ts'));
  if (to.kind === from.kind && to.name === from.name) return undefined;
  if (to.kind === 'apps') return `${from.kind}/${from.name} may not import the app ${to.name}; apps speak over NATS`;
  if (specifier.startsWith('.')) return `import @vfleet/${to.name} by its name; a library's inside is its own`;
  if (from.kind === 'apps' || MAY_IMPORT[from.name]?.includes(to.name)) return undefined;
  if (isSpec(file) && (to.name === 'testing' || to.name === 'embedded')) return undefined;
  return `libs/${from.name} may not import ${to.name}; see the import directions in CONTRIBUTING.md`;
};

const packageFault = (from, specifier, forTests) => {
  if (from.kind !== 'libs' || specifier.startsWith('.')) return undefined;
  if (specifier.startsWith('@nestjs/') && !NEST.has(from.name)) return `libs/${from.name} may not know Nest`;
  if (BARE.has(from.name) && !forTests) return `libs/${from.name} imports nothing`;
  return undefined;
};
