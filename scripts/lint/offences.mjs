/** One planted offence of each kind: the file, its text, the rule that must refuse it. */
const domain = 'apps/allocator/src/domain';
const inDomain = (name, text, rule = 'house(pure)') => ({ file: `${domain}/${name}.ts`, text: `${text}\n`, rule });
const imports = (file, specifier, rule = 'house(import-directions)') => ({
  file,
  text: `import { x } from '${specifier}';\nexport const y = x;\n`,
  rule,
});

const says = (name, call, rule = 'house(constant-messages)') => ({
  file: `apps/allocator/src/says-${name}.ts`,
  text: `type Log = (level: string, message: string, fields: object) => void;
declare const log: Log;
declare const logger: { info: (fields: object, message: string) => void; warn: (message: string) => void };
declare const parts: { log: Log; logger: typeof logger };
export const told = [log, logger, parts];
export const say = (x: string): void => {
  ${call};
};
`,
  rule,
});

export const OFFENCES = [
  imports('apps/cli/src/app-by-name.ts', '@vfleet/allocator'),
  imports('apps/cli/src/app-by-path.ts', '../../allocator/src/main.js'),
  imports('apps/cli/src/library-by-path.ts', '../../../libs/pci/src/index.js'),
  imports('libs/client/src/app.ts', '@vfleet/inventory'),
  imports('libs/pci/src/library.ts', '@vfleet/contracts'),
  imports('libs/pci/src/package.ts', 'ajv'),
  imports('libs/decider/src/node.ts', 'node:fs'),
  imports('libs/cel/src/contracts.ts', '@vfleet/contracts'),
  imports('libs/cel/src/nest.ts', '@nestjs/common'),
  imports('libs/contracts/src/client.ts', '@vfleet/client'),
  imports('libs/contracts/src/nest.ts', '@nestjs/common'),
  imports('libs/journal/src/domain.ts', '@vfleet/contracts'),
  imports('libs/journal/src/nest.ts', '@nestjs/common'),
  imports('libs/messaging/src/domain.ts', '@vfleet/pci'),
  imports('libs/embedded/src/domain.ts', '@vfleet/pci'),
  imports('libs/client/src/journal.ts', '@vfleet/journal'),
  imports('libs/telemetry/src/bus.ts', '@vfleet/messaging'),
  imports('libs/telemetry/src/nest.ts', '@nestjs/common'),
  imports('libs/client/src/nest.ts', '@nestjs/microservices'),
  imports('libs/service-kit/src/domain.ts', '@vfleet/pci'),
  { file: 'libs/journal/src/loaded.ts', text: "export const later = () => import('@vfleet/pci');\n", rule: 'house(import-directions)' },
  { file: 'libs/journal/src/passed-on.ts', text: "export * from '@vfleet/contracts';\n", rule: 'house(import-directions)' },
  { file: 'libs/journal/src/type-only.ts', text: "export type Faults = import('@vfleet/pci').Fault[];\n", rule: 'house(import-directions)' },

  imports('libs/journal/src/undeclared.ts', 'ajv', 'house(declared)'),
  imports('libs/journal/src/only-for-specs.ts', '@vfleet/testing', 'house(declared)'),
  imports('libs/contracts/src/undeclared.spec.ts', '@vfleet/decider', 'house(declared)'),
  imports('apps/inventory/src/testing/undeclared.ts', '@vfleet/embedded', 'house(declared)'),
  imports('apps/cli/src/of-the-whole.ts', 'fast-check', 'house(declared)'),

  imports(`${domain}/node.ts`, 'node:crypto', 'house(pure)'),
  imports(`${domain}/nest.ts`, '@nestjs/common', 'house(pure)'),
  imports(`${domain}/database.ts`, 'pg', 'house(pure)'),
  imports(`${domain}/bus.ts`, '@nats-io/nats-core', 'house(pure)'),
  imports(`${domain}/rim.ts`, '../inbound/facts.js', 'house(pure)'),
  imports(`${domain}/journal.ts`, '@vfleet/journal', 'house(pure)'),
  inDomain('now', 'export const at = (): number => Date.now();'),
  inDomain('now-by-index', "export const at = (): number => Date['now']();"),
  inDomain('new-date', 'export const at = (): Date => new Date();'),
  inDomain('date-called', 'export const at = (): string => Date();'),
  inDomain('random', 'export const chance = (): number => Math.random();'),
  inDomain('process', 'export const where = (): string | undefined => process.env.HOME;'),
  inDomain('console', "export const say = (): void => console.log('x');"),
  inDomain('crypto', 'export const id = (): string => crypto.randomUUID();'),
  inDomain('performance', 'export const at = (): number => performance.now();'),
  inDomain('fetch', "export const get = (): unknown => fetch('http://localhost');"),
  inDomain('timer', 'export const later = (f: () => void): unknown => setTimeout(f, 1);'),
  inDomain('global-this', 'export const at = (): number => globalThis.Date.now();'),
  inDomain('await', 'export const wait = async (p: Promise<number>): Promise<number> => await p;'),
  inDomain('for-await', 'export const all = async (p: AsyncIterable<number>): Promise<void> => { for await (const x of p) void x; };'),
  inDomain('class', 'export class Thing { x = 1; }'),
  { file: 'libs/pci/src/clock.ts', text: 'export const at = (): number => Date.now();\n', rule: 'house(pure)' },
  { file: 'libs/decider/src/waits.ts', text: 'export const w = async (p: Promise<number>): Promise<number> => await p;\n', rule: 'house(pure)' },

  says('template', "log('info', `device ${x} is gone`, {})"),
  says('joined', "log('warn', 'device is gone: ' + x, {})"),
  says('member', "parts.log('error', String(x), {})"),
  says('error', "log('error', new Error(x).message, {})"),
  says('either', "log('error', x === 'y' ? 'fine' : `not ${x}`, {})"),
  says('logger', 'logger.info({ x }, `device ${x}`)'),
  says('logger-alone', 'parts.logger.warn(`device ${x}`)'),

  {
    file: 'apps/cli/src/floating.ts',
    text: 'const work = async (): Promise<void> => {};\nexport const run = (): void => {\n  work();\n};\n',
    rule: 'typescript(no-floating-promises)',
  },
  {
    file: 'apps/cli/src/misused.ts',
    text: 'const work = async (): Promise<boolean> => true;\nexport const run = (): number => (work() ? 1 : 2);\n',
    rule: 'typescript(no-misused-promises)',
  },
  {
    file: 'apps/cli/src/too-new.ts',
    text: 'export const by = (x: string[]): unknown => Map.groupBy(x, (y) => y);\n',
    rule: 'eslint(no-restricted-properties)',
  },
  { file: 'apps/cli/src/any.ts', text: 'export const anything = (x: any): unknown => x;\n', rule: 'typescript(no-explicit-any)' },
  {
    file: 'apps/cli/src/not-exhaustive.ts',
    text: "export const say = (x: 'a' | 'b'): string => {\n  switch (x) {\n    case 'a':\n      return 'A';\n  }\n  return '';\n};\n",
    rule: 'typescript(switch-exhaustiveness-check)',
  },
  {
    file: 'apps/cli/src/skipped.spec.ts',
    text: "import { expect, it } from '@jest/globals';\nit.skip('does something', () => {\n  expect(1).toBe(1);\n});\n",
    rule: 'jest(no-disabled-tests)',
  },
  {
    file: 'apps/cli/src/asserts-nothing.spec.ts',
    text: "import { it } from '@jest/globals';\nit('does something', () => {\n  JSON.stringify({});\n});\n",
    rule: 'jest(expect-expect)',
  },
];

/** What looks like an offence and is none: nobody may be refused for these. */
export const PERMITTED = [
  says('constant', "log('info', 'a device is gone', { x })"),
  says('one-of-two', "log('info', x === 'y' ? 'it came' : 'it went', {})"),
  says('logger-constant', "parts.logger.info({ x }, 'a device is gone')"),
  imports('apps/allocator/src/inbound/nest.ts', '@nestjs/common'),
  imports('apps/allocator/src/inbound/library.ts', '@vfleet/journal'),
  imports('libs/messaging/src/nest.ts', '@nestjs/microservices'),
  imports('libs/cel/src/pci.ts', '@vfleet/pci'),
  imports('libs/contracts/src/pci.ts', '@vfleet/pci'),
  imports('libs/client/src/contracts.ts', '@vfleet/contracts'),
  imports('libs/journal/src/journal.int-spec.ts', '@vfleet/testing'),
  imports('libs/embedded/src/below-testing.int-spec.ts', '@vfleet/testing'),
  imports('libs/client/src/part.ts', '@nats-io/nats-core/internal'),
  imports('libs/pci/src/property.spec.ts', 'fast-check'),
  imports(`${domain}/sibling.ts`, './host.js'),
  imports(`${domain}/contracts.ts`, '@vfleet/contracts'),
  inDomain('given-time', 'export const at = (text: string): Date => new Date(text);'),
  inDomain('own-names', 'export const say = (process: string): string => process;'),
  inDomain('property-names', 'export const say = (x: { console: string }): string => x.console;'),
];
