import type { CloudEvent, Migration, MigrationStep } from '@vfleet/contracts';
import { eventName } from './events.js';
import type { Paint } from './paint.js';
import { safeText } from './text.js';

/** A step of a move as it is told to people. */
export interface ShownStep extends Pick<MigrationStep, 'step' | 'at' | 'sinceMs' | 'hostId' | 'code' | 'message'> {
  readonly address?: string;
}

/** `0 ms`, `999 ms`, `1.0 s`, `2 min 5 s`. */
export const durationText = (milliseconds: number): string => {
  const whole = Math.round(milliseconds);
  if (whole < 1_000) return `${whole} ms`;
  if (whole < 60_000) return `${(Math.floor(whole / 100) / 10).toFixed(1)} s`;
  return `${Math.floor(whole / 60_000)} min ${Math.floor((whole % 60_000) / 1_000)} s`;
};

interface Told {
  readonly hostId?: string;
  readonly targetHostId?: string;
  readonly address?: string;
  readonly code?: string;
  readonly message?: string;
}

/** The event of a move as a step, after the event before it. */
export const stepOfEvent = (event: CloudEvent, before: CloudEvent | undefined): ShownStep => {
  const { hostId, targetHostId, address, code, message } = (event.data ?? {}) as Told;
  const where = hostId ?? targetHostId;
  return {
    step: eventName(event),
    at: event.time,
    sinceMs: before ? Math.max(0, Date.parse(event.time) - Date.parse(before.time)) : 0,
    ...(where !== undefined && { hostId: where }),
    ...(address !== undefined && { address }),
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
  };
};

/** The steps of a move, with the addresses of their devices as far as the move still has them. */
export const stepsOf = ({ steps, devices }: Pick<Migration, 'steps' | 'devices'>): readonly ShownStep[] => {
  const sides = devices.flatMap(({ source, target }) => (target ? [source, target] : [source]));
  const addresses = new Map(sides.map(({ deviceId, address }) => [deviceId, address]));
  return steps.map(({ deviceId, ...step }) => {
    const address = deviceId === undefined ? undefined : (addresses.get(deviceId) ?? deviceId);
    return { ...step, ...(address !== undefined && { address }) };
  });
};

/** When, how long after the step before, what, where, and what was wrong. */
export const stepText = ({ step, at, sinceMs, hostId, address, code, message }: ShownStep, paint: Paint): string => {
  const wrong = code === undefined ? undefined : `${code}: ${message ?? ''}`;
  const about = [hostId, address, wrong].filter((part) => part !== undefined).join('  ');
  const tone = code === undefined ? paint.bold : paint.warn;
  const what = about === '' ? tone(safeText(step)) : `${tone(safeText(step).padEnd(22))}  ${safeText(about)}`;
  return `${paint.dim(safeText(at))}  ${paint.dim(`+${durationText(sinceMs)}`.padStart(10))}  ${what}`;
};

/** One line. */
export const renderStep = (step: ShownStep, paint: Paint): string => `${stepText(step, paint)}\n`;
