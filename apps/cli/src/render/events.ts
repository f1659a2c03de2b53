import type { CloudEvent } from '@vfleet/contracts';
import type { Kind } from './format.js';
import type { Paint } from './paint.js';
import { orNothing, safeText } from './text.js';

/** What events a user wants to see; a filter that is left out lets everything pass. */
export interface EventFilter {
  readonly host?: string;
  readonly vm?: string;
  readonly type?: string;
  readonly device?: string;
  readonly migration?: string;
}

interface Known {
  readonly hostId?: string;
  readonly vmId?: string;
  readonly deviceId?: string;
  readonly migrationId?: string;
  readonly address?: string;
  readonly code?: string;
  readonly message?: string;
  readonly state?: string;
  readonly cause?: string;
  readonly reason?: string;
  readonly previousName?: string | null;
  readonly name?: string | null;
  readonly previousAddress?: string;
  readonly devices?: readonly { readonly deviceId?: string; readonly address?: string }[];
}

/** `DevicesReserved` of `io.vfleet.DevicesReserved.v1`. */
export const eventName = ({ type }: CloudEvent): string => /^io\.vfleet\.(.+)\.v\d+$/.exec(type)?.[1] ?? type;

export const wanted = (event: CloudEvent, { host, vm, type, device, migration }: EventFilter): boolean => {
  const { hostId, vmId, migrationId, deviceId, devices = [] } = (event.data ?? {}) as Known;
  const isAbout = (id: string): boolean => deviceId === id || devices.some((one) => one.deviceId === id);
  return (
    (host === undefined || hostId === host) &&
    (vm === undefined || vmId === vm) &&
    (type === undefined || eventName(event) === type) &&
    (migration === undefined || migrationId === migration) &&
    (device === undefined || isAbout(device))
  );
};

export const EVENTS: Kind<CloudEvent> = {
  columns: [
    { head: 'POSITION', of: ({ position }) => Number(position) },
    { head: 'TIME', of: ({ time }) => time },
    { head: 'EVENT', of: eventName },
    { head: 'VM', of: ({ data }) => known(data).vmId },
    { head: 'HOST', of: ({ data }) => known(data).hostId },
    { head: 'ADDRESS', of: ({ data }) => addressesOf(known(data)) },
    { head: 'CODE', of: ({ data }) => known(data).code },
    { head: 'ABOUT', of: ({ data }) => known(data).message ?? known(data).reason ?? known(data).cause ?? known(data).state },
    { head: 'STREAM', of: ({ subject }) => subject },
    { head: 'VERSION', of: ({ version }) => version },
    { head: 'ID', of: ({ id }) => id },
  ],
  name: ({ position }) => position,
};

/** One event for people. */
export const eventLine = (event: CloudEvent, paint: Paint): string => {
  const what = eventName(event);
  const tone = /Rejected|Lost|Failed|Rolling|RolledBack|Diverged|Missing|Stale|Ignored/.test(what) ? paint.warn : paint.bold;
  const { position, time } = event;
  return `${paint.dim(safeText(position).padStart(8))}  ${paint.dim(safeText(time))}  ${tone(safeText(what).padEnd(20))}  ${summary(known(event.data))}\n`;
};

const known = (data: unknown): Known => data ?? {};

const addressesOf = ({ address, devices }: Known): string | undefined => address ?? devices?.flatMap((device) => device.address ?? []).join(' ');

const summary = (data: Known): string => {
  const told = [data.vmId, data.hostId, addressesOf(data), changed(data), data.state, data.cause, data.code, data.message ?? data.reason];
  return orNothing(told.filter((part) => part !== undefined && part !== '').join('  '));
};

const changed = ({ previousName, name, previousAddress }: Known): string | undefined => {
  if (previousName !== undefined) return `${previousName ?? 'no name'} → ${name ?? 'no name'}`;
  return previousAddress === undefined ? undefined : `was ${previousAddress}`;
};
