declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** A hypervisor host. A token: safe as one NATS subject token. */
export type HostId = Brand<'HostId'>;
/** A virtual machine, as its platform calls it. A token. */
export type VmId = Brand<'VmId'>;
/** 20 lower-case hex digits over host and identity; opaque, the same after a restart or a re-install. */
export type DeviceId = Brand<'DeviceId'>;
export type ReservationId = Brand<'ReservationId'>;

/** What every id that stands in a subject matches. */
export const TOKEN = /^[A-Za-z0-9_-]{1,128}$/;
export const DEVICE_ID = /^[0-9a-f]{20}$/;

export const isToken = (text: string): boolean => TOKEN.test(text);
