import { Environment } from '@marcbachmann/cel-js';
import { DeviceFacts, HostUseFacts, NetFacts } from './device-facts.js';
import { matchesPattern } from './linear-pattern.js';
import { DEVICE_FIELDS, HOST_USE_FIELDS, MAX_DEPTH, MAX_ELEMENTS, MAX_NODES, NET_FIELDS, NULLABLE } from './vocabulary.js';
import { IS_KNOWN, LINEAR_MATCHES } from './written.js';

const LIMITS = { maxAstNodes: MAX_NODES, maxListElements: MAX_ELEMENTS, maxMapEntries: MAX_ELEMENTS, maxCallArguments: 4 };

const withDevice = (fields: Readonly<Record<string, string>>, maxDepth: number): Environment =>
  new Environment({ limits: { ...LIMITS, maxDepth } })
    .registerType('net', { ctor: NetFacts, fields: NET_FIELDS })
    .registerType('hostUse', { ctor: HostUseFacts, fields: HOST_USE_FIELDS })
    .registerType('device', { ctor: DeviceFacts, fields })
    .registerVariable('device', 'device');

/** Judges what a user wrote: knows each attribute by one type, and that a whole number may be compared with null. */
export const checking = withDevice(DEVICE_FIELDS, MAX_DEPTH).registerOperator('int == null', (a, b) => a === b);

const nullable = Object.fromEntries(Object.entries(DEVICE_FIELDS).map(([name, type]) => [name, NULLABLE.has(name) ? `dyn<${type}>` : type]));

/**
 * Evaluates what `written` wrote, which is as deep as it has nodes. An attribute that may be null is a whole number
 * or null, and which of them is known when it is read.
 */
export const running = withDevice(nullable, MAX_NODES * 2)
  .registerOperator('null == dyn<int>', (a, b) => a === b)
  .registerFunction(`string.${LINEAR_MATCHES}(string): bool`, matchesPattern)
  .registerFunction(`${IS_KNOWN}(dyn): bool`, (value) => value !== null);
