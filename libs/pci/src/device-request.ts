import type { Match, Predicate } from './match.js';

export type NumaPolicy = 'required' | 'socket' | 'legacy' | 'preferred';
export type Placement = 'port' | 'any' | 'same-address';
/** `pack` fills PFs and hosts, so that whole ones stay free; `spread` takes the emptiest first. */
export type Strategy = 'pack' | 'spread';

/** Devices that a VM wants, as a caller writes it (contract section 4). */
export interface DeviceRequest {
  /** Marker, unique within the VM, with which the devices that serve the request are found again. */
  readonly name?: string;
  /** An operator-given device name; several, comma-separated, ask for one device each. */
  readonly device?: string;
  readonly model?: string;
  readonly alias?: string;
  readonly match?: Match;
  /** In order of preference: the first that fits is used. */
  readonly firstAvailable?: readonly DeviceRequest[];
  /** A CEL expression over `device`. */
  readonly where?: string;
  readonly count?: number | 'all';
  readonly numaPolicy?: NumaPolicy;
  readonly together?: readonly string[];
  readonly apart?: readonly string[];
  readonly placement?: Placement;
  /** Overrides the migration policy; carried, not judged here. */
  readonly migration?: object;
  readonly keepOnStop?: boolean;
}

/** A stored list of device requests. */
export interface StoredOffering {
  readonly devices: readonly DeviceRequest[];
  readonly keepOnStop?: boolean;
  readonly strategy?: Strategy;
}

/** What requests may name. */
export interface Catalog {
  readonly alias: (name: string) => DeviceRequest | undefined;
  readonly offering: (name: string) => StoredOffering | undefined;
  readonly hasModel: (name: string) => boolean;
}

/** An expression, checked and ready to be asked about devices. One that fails on a device is false for it. */
export type CompiledWhere =
  | {
      readonly test: Predicate;
      readonly reads: readonly string[];
      /** What asking about one device takes at most, so that the sum over a wish stays bounded. */
      readonly steps: number;
      /** Attributes that a device has these values of wherever it is true, so that one can look for those; tags as `tags.<key>`. */
      readonly equals: ReadonlyMap<string, string | number>;
    }
  | { readonly fault: string };

/** Checks a `where` and makes a predicate of it. This library imports nothing, so its callers bring the language. */
export type CompileWhere = (expression: string) => CompiledWhere;

/** A name in a request that nobody has stored. */
export interface Missing {
  readonly code: 'ALIAS_NOT_FOUND' | 'MODEL_NOT_FOUND' | 'OFFERING_NOT_FOUND';
  readonly field: string;
  readonly name: string;
}

export const sayMissing = ({ code, field, name }: Missing): string => `${field}: there is no ${code.split('_')[0]?.toLowerCase()} ${name}`;
