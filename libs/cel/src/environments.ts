import { Environment } from '@marcbachmann/cel-js';
import { DeviceFacts, HostUseFacts, NetFacts } from './device-facts.js';
import { matchesPattern } from './linear-pattern.js';
import { DEVICE_FIELDS, HOST_USE_FIELDS, MAX_DEPTH, MAX_ELEMENTS, MAX_NODES, NET_FIELDS, NULLABLE } from './vocabulary.js';

const LIMITS = { maxAstNodes: MAX_NODES, maxDepth: MAX_DEPTH, maxListElements: MAX_ELEMENTS, maxMapEntries: MAX_ELEMENTS, maxCallArguments: 4 };

/** Names that replace CEL's own, because those cannot be registered twice: no expression can call them by itself. */
export const LINEAR_MATCHES = 'matchesInLinearTime';
/** As long as `has`, so that one can stand for the other in a text without moving what follows. */
export const IS_KNOWN = 'got';

const withDevice = (fields: Readonly<Record<string, string>>): Environment =>
  new Environment({ limits: LIMITS })
    .registerType('net', { ctor: NetFacts, fields: NET_FIELDS })
    .registerType('hostUse', { ctor: HostUseFacts, fields: HOST_USE_FIELDS })
    .registerType('device', { ctor: DeviceFacts, fields })
    .registerVariable('device', 'device')
    .registerFunction(`string.${LINEAR_MATCHES}(string): bool`, matchesPattern)
    .registerFunction(`${IS_KNOWN}(dyn): bool`, (value) => value !== null);

const nullable = Object.fromEntries(Object.entries(DEVICE_FIELDS).map(([name, type]) => [name, NULLABLE.has(name) ? `dyn<${type}>` : type]));

/** Judges types: knows each attribute by one type, and that a whole number may be compared with null. */
export const checking = withDevice(DEVICE_FIELDS).registerOperator('int == null', (a, b) => a === b);

/** Evaluates: an attribute that may be null is a whole number or null, which is known when it is read. */
export const running = withDevice(nullable).registerOperator('null == dyn<int>', (a, b) => a === b);
