import {
  EVENTS,
  catalogName,
  type Alias,
  type DeviceMove,
  type DomainEvent,
  type EventData,
  type InspectedVm,
  type Model,
  type MovePlan,
  type Offering,
  type Policy,
  type Reservation,
  type ReservedDevice,
  type UnmetRequest,
  type VmReportOutcome,
} from '@vfleet/contracts';
import type { CompileWhere, Wish } from '@vfleet/pci';
import type { CatalogState } from './catalog.js';
import type { Host } from './host.js';
import type { Vm } from './vm.js';

/** What deciders see: the newest state of everything, looked up by name. */
export interface Fleet {
  readonly host: (hostId: string) => Host | undefined;
  readonly vm: (vmId: string) => Vm | undefined;
  /** Hosts on which a VM holds something, oldest hold first. */
  readonly hostsOf: (vmId: string) => readonly string[];
  /** Every known host, in a stable order. */
  readonly hostIds: () => Iterable<string>;
  /** Hosts that may serve a wish, the best first. A host that it leaves out cannot serve; one that it names has to be asked. Lazy. */
  readonly hostsFor: (wish: Wish) => Iterable<string>;
  readonly catalog: () => CatalogState;
  /** Devices that count against a quota now. */
  readonly usedOf: (quotaName: string) => number;
  /** Names of the quotas that a held device counts against. */
  readonly chargedTo: (deviceId: string) => readonly string[];
}

/** Clock, ids and lookups: everything that a decision may not make up. */
export interface Surroundings {
  /** RFC 3339, UTC. */
  readonly now: string;
  readonly newId: () => string;
  readonly digestOf: (host: Host) => string;
  /** The language of `where`. */
  readonly compileWhere: CompileWhere;
}

/** A thing of which only the newest is kept. Kept in memory only, unless `lasting`. */
export interface DecidedMark {
  readonly key: string;
  readonly value: object;
  readonly lasting: boolean;
}

/** What the outside is asked to do once the decision is committed. */
export interface Effect {
  readonly type: 'ProbeHost';
  readonly hostId: string;
}

export type Refusal = {
  readonly code: string;
  readonly message: string;
  readonly unmet?: readonly UnmetRequest[];
  readonly details?: unknown;
};

/** What a caller is told. A refusal may still have recorded something. */
export type Answer =
  | { readonly kind: 'report'; readonly outcome: VmReportOutcome }
  | { readonly kind: 'reservation'; readonly reservation: Reservation }
  | { readonly kind: 'released'; readonly released: number }
  | { readonly kind: 'plan'; readonly plan: MovePlan }
  | { readonly kind: 'plans'; readonly plans: readonly MovePlan[] }
  | { readonly kind: 'replaced'; readonly device: DeviceMove | null }
  | { readonly kind: 'extended'; readonly reservation: Reservation; readonly added: readonly ReservedDevice[] }
  | { readonly kind: 'shrunk'; readonly reservation: Reservation | null; readonly removed: readonly ReservedDevice[] }
  | { readonly kind: 'inspected'; readonly inspected: InspectedVm }
  | { readonly kind: 'vms'; readonly vmIds: readonly string[]; readonly draining: boolean }
  /** What was stored, or taken away. */
  | { readonly kind: 'catalog'; readonly entry: Alias | Offering | Policy | Model | EventData<'QuotaPut'> | EventData<'EligibilityPut'> }
  /** What was to be taken away is not there. */
  | { readonly kind: 'missing'; readonly refusal: Refusal }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'conflict'; readonly refusal: Refusal }
  | { readonly kind: 'nothing' };

export interface Decision {
  readonly events: readonly DomainEvent[];
  readonly marks?: readonly DecidedMark[];
  readonly effects?: readonly Effect[];
  readonly answer: Answer;
}

export const NOTHING: Decision = { events: [], answer: { kind: 'nothing' } };

/** The stream that an event belongs to: what excludes each other on a host is in the host's stream. */
export const streamOf = ({ type, data }: DomainEvent): string => {
  if (type === 'VmStateRecorded' || type === 'VmStateIgnored' || type === 'ReservationRejected') return `vm-${data.vmId}`;
  const about = EVENTS[type];
  return 'catalog' in about ? `catalog-${about.catalog}-${catalogName(data)}` : `host-${(data as { readonly hostId: string }).hostId}`;
};
