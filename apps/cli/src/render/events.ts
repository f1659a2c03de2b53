import type { CloudEvent } from '@vfleet/contracts';
import { stringify } from 'yaml';
import type { Format } from './format.js';
import type { Paint } from './paint.js';
import { orNothing, safeText } from './text.js';

/** What events a user wants to see; a filter that is left out lets everything pass. */
export interface EventFilter {
  readonly host?: string;
  readonly vm?: string;
  readonly type?: string;
}

interface Known {
  readonly hostId?: string;
  readonly vmId?: string;
  readonly address?: string;
  readonly code?: string;
  readonly message?: string;
  readonly state?: string;
  readonly cause?: string;
  readonly reason?: string;
  readonly previousName?: string | null;
  readonly name?: string | null;
  readonly previousAddress?: string;
  readonly devices?: readonly { readonly address?: string }[];
}

/** `DevicesReserved` of `io.vfleet.DevicesReserved.v1`. */
export const eventName = ({ type }: CloudEvent): string => /^io\.vfleet\.(.+)\.v\d+$/.exec(type)?.[1] ?? type;

export const wanted = (event: CloudEvent, { host, vm, type }: EventFilter): boolean => {
  const { hostId, vmId } = (event.data ?? {}) as Known;
  return (host === undefined || hostId === host) && (vm === undefined || vmId === vm) && (type === undefined || eventName(event) === type);
};

/** One event: a line for people, a line of JSON, or a YAML document; so that a pipe can read while more come. */
export const renderEvent = (event: CloudEvent, format: Format, paint: Paint): string => {
  if (format === 'json') return `${JSON.stringify(event)}\n`;
  if (format === 'yaml') return `---\n${stringify(event, { lineWidth: 0 })}`;
  const what = eventName(event);
  const tone = /Rejected|Lost|Failed|Rolling|RolledBack|Diverged|Missing|Stale|Ignored/.test(what) ? paint.warn : paint.bold;
  return `${paint.dim(event.position.padStart(8))}  ${paint.dim(event.time)}  ${tone(safeText(what).padEnd(20))}  ${summary(event.data ?? {})}\n`;
};

const summary = (data: Known): string => {
  const addresses = data.devices?.flatMap(({ address }) => address ?? []).join(' ');
  const told = [data.vmId, data.hostId, data.address ?? addresses, changed(data), data.state, data.cause, data.code, data.message ?? data.reason];
  return orNothing(told.filter((part) => part !== undefined && part !== '').join('  '));
};

const changed = ({ previousName, name, previousAddress }: Known): string | undefined => {
  if (previousName !== undefined) return `${previousName ?? 'no name'} → ${name ?? 'no name'}`;
  return previousAddress === undefined ? undefined : `was ${previousAddress}`;
};
