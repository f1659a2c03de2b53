import type { Lifting } from './availability.js';
import type { DeviceObservation } from './device.js';
import type { NumaPolicy, Placement, Strategy } from './device-request.js';
import type { Among, Predicate } from './match.js';

/** One thing that a device has to be, to be one of those that are asked for. */
export interface Condition {
  readonly test: Predicate;
  /** All that `test` asks, where it is only which value an attribute has. */
  readonly among?: Among;
  /** Attributes that `test` reads. */
  readonly reads: readonly string[];
  /** As it was asked: `name 10GE`, `where device.numaNode == 0`. */
  readonly text: string;
  /** The same for conditions that ask the same. */
  readonly key: string;
  /** What it costs to ask it about one device. */
  readonly steps: number;
}

/** One way to serve a request, checked and ready to be judged against devices. */
export interface Alternative extends Lifting {
  /** `all`: every eligible device that is accepted, at least one; one of them in use refuses the request. */
  readonly count: number | 'all';
  /** Whether a device is one of those that are asked for. */
  readonly accepts: Predicate;
  /** What `accepts` asks, one by one: all of them hold for a device that is accepted, and one does not for any other. */
  readonly conditions: readonly Condition[];
  /** Attributes that `accepts` reads, as a match or an expression names them. */
  readonly reads: ReadonlySet<string>;
  /** The operator-given name that is asked for, and nothing beside it: such devices are found without looking at others. */
  readonly onlyNamed?: string;
  readonly numaPolicy: NumaPolicy;
  readonly together: readonly string[];
  readonly apart: readonly string[];
  /** It is a part of a request for several names, whose devices share and differ with those of the other parts. */
  readonly linked?: true;
  readonly placement: Placement;
  /** The request itself says its placement. */
  readonly placed?: true;
  readonly migration?: object;
  readonly keepOnStop: boolean;
}

/** One request, its names looked up. */
export interface Ask {
  readonly requestName: string;
  /** In order of preference; the first that fits is used. */
  readonly alternatives: readonly Alternative[];
  /** What was asked, as text: requests that ask for the same have the same. */
  readonly key: string;
  /** The same for all parts of one request whose devices have to share or to differ in something. */
  readonly link?: number;
}

/** What a VM wants on some host. */
export interface Wish {
  readonly vmId: string;
  readonly asks: readonly Ask[];
  /** NUMA nodes of the VM; its devices are best near them. */
  readonly numaNodes?: readonly number[];
  readonly tenant?: string;
  readonly strategy?: Strategy;
  /** Why the VM may not have a device for a reason that lies outside this host: a quota is used up. */
  readonly objection?: (device: DeviceObservation) => string | undefined;
}

/** What a request asks for at least, by the alternative that asks for least; `all` is at least one. */
export const leastCount = ({ alternatives }: Ask): number => Math.min(...alternatives.map(({ count }) => (count === 'all' ? 1 : count)));
