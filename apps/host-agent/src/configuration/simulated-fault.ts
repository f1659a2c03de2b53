import { HOSTDEV_FAILURES } from '@vfleet/contracts';
import type { HostdevFailure } from '../hypervisor/driver.js';
import type { TellFault } from './device-rules.js';

/** What goes wrong in a simulated hypervisor, for the commands that it is meant for. */
export interface Fault {
  /** Whose commands; all when neither is given. */
  readonly vmId?: string;
  readonly commandId?: string;
  readonly verb?: 'attach' | 'detach';
  /** It takes this much longer, in milliseconds. */
  readonly slowMs?: number;
  /** The guest refuses to let go of the device. */
  readonly refuse?: boolean;
  /** Nothing happens before the deadline; `lateMs` after it the device goes. */
  readonly silent?: boolean;
  readonly lateMs?: number;
  /** It is done, and told only when the same command comes again. */
  readonly loseReply?: boolean;
  /** The agent dies at once, before or after it has acted. */
  readonly crash?: 'before' | 'after';
  /** It fails with this code of `HostdevFailed`. */
  readonly failCode?: HostdevFailure;
  /** Something else of its VM than its devices is against moving it: these words. */
  readonly migrationBlocker?: string;
  /** Chance of the fault for each command, 0 to 1; 1 when absent. */
  readonly share?: number;
  /** After so many commands it is over; never when absent. */
  readonly times?: number;
}

export const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '' && value.length <= 4096;
export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTruth = (value: unknown): boolean => typeof value === 'boolean';
const isMs = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 86_400_000;

const FAULT_FORMS: Readonly<Record<keyof Fault, readonly [(value: unknown) => boolean, string]>> = {
  vmId: [isText, 'must be text'],
  commandId: [isText, 'must be text'],
  verb: [(value) => value === 'attach' || value === 'detach', 'must be attach or detach'],
  slowMs: [isMs, 'must be milliseconds'],
  refuse: [isTruth, 'must be true or false'],
  silent: [isTruth, 'must be true or false'],
  lateMs: [isMs, 'must be milliseconds'],
  loseReply: [isTruth, 'must be true or false'],
  crash: [(value) => value === 'before' || value === 'after', 'must be before or after'],
  failCode: [(value) => HOSTDEV_FAILURES.some((code) => code === value), `must be one of ${HOSTDEV_FAILURES.join(', ')}`],
  migrationBlocker: [isText, 'must be text'],
  share: [(value) => typeof value === 'number' && value >= 0 && value <= 1, 'must be a number from 0 to 1'],
  times: [isMs, 'must be a whole number'],
};

/** Checks one fault, wherever it comes from. */
export const checkFault = (value: unknown, tell: TellFault): void => {
  if (!isMapping(value)) return tell([], 'must be a mapping');
  for (const [key, said] of Object.entries(value)) {
    const [fits, fault] = Object.hasOwn(FAULT_FORMS, key) ? FAULT_FORMS[key as keyof Fault] : [() => false, 'is no setting'];
    if (!fits(said)) tell([key], fault);
  }
};
