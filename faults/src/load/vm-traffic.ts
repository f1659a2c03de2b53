import type { NatsConnection } from '@nats-io/transport-node';
import { vmFactSubject, type CloudEvent } from '@vfleet/contracts';

export interface TrafficOptions {
  readonly nats: NatsConnection;
  /** Hosts `h0`, `h1`…, in turn; each must have a device named `10GE` for each of its VMs. */
  readonly hosts: number;
  /** The same VMs start and stop over and over, so that nothing grows by what is asked for. */
  readonly vms: number;
  /** As many of them run once the traffic is level. */
  readonly running: number;
}

/** What came of starts since it was asked for last, in milliseconds from the publishing of a state to its announced decision. */
export interface Decisions {
  readonly reserved: readonly number[];
  readonly refused: number;
}

/** A device that a VM really has, as its host's agent attests. */
export interface Attached {
  readonly vmId: string;
  readonly address: string;
}

interface LoadedVm {
  sequence: number;
  /** When each start was published whose decision has not been heard of yet. */
  readonly starts: number[];
  isRunning: boolean;
  address?: string;
}

type Decided = CloudEvent<{ vmId: string; devices?: readonly { readonly address: string }[] }>;

const TICK_MS = 5;

/** A platform whose VMs start and stop at a steady rate, whatever the system makes of it: states are told, nothing is waited for. */
export class VmTraffic {
  private readonly vms: readonly LoadedVm[];
  private perSecond = 0;
  private started = 0;
  private stopped = 0;
  private due = 0;
  private reserved: number[] = [];
  private refused = 0;
  private lastTick = performance.now();
  private ticking: NodeJS.Timeout | undefined;

  constructor(private readonly options: TrafficOptions) {
    this.vms = Array.from({ length: options.vms }, () => ({ sequence: 0, starts: [], isRunning: false }));
    options.nats.subscribe('vfleet.evt.vm.*.*.DevicesReserved', { callback: (_, message) => this.hear(message.json<Decided>(), true) });
    options.nats.subscribe('vfleet.evt.vm.*.*.ReservationRejected', { callback: (_, message) => this.hear(message.json<Decided>(), false) });
  }

  /** From now on so many states a second; every second one is a start. */
  at(perSecond: number): void {
    this.perSecond = perSecond;
    this.lastTick = performance.now();
    this.ticking ??= setInterval(() => this.tick(), TICK_MS);
  }

  /** Tells nothing more. */
  pause(): void {
    clearInterval(this.ticking);
    this.ticking = undefined;
  }

  /** Stops all VMs that run, and tells nothing more. */
  end(): void {
    this.pause();
    for (const [n, vm] of this.vms.entries()) if (vm.isRunning) this.tell(n, 'stopped');
  }

  /** States that each VM was told in, by its number. */
  get told(): readonly number[] {
    return this.vms.map(({ sequence }) => sequence);
  }

  /** Starts whose decision has not been heard of. */
  get undecided(): number {
    return this.vms.reduce((sum, { starts }) => sum + starts.length, 0);
  }

  /** What was decided since the last call. */
  take(): Decisions {
    const taken = { reserved: this.reserved, refused: this.refused };
    this.reserved = [];
    this.refused = 0;
    return taken;
  }

  /** What a host's VMs have attached, as far as was announced. */
  attachedOn(host: number): readonly Attached[] {
    const found: Attached[] = [];
    for (let n = host; n < this.vms.length; n += this.options.hosts) {
      const { isRunning, address } = this.vms[n] as LoadedVm;
      if (isRunning && address !== undefined) found.push({ vmId: nameOf(n), address });
    }
    return found;
  }

  private tick(): void {
    const now = performance.now();
    this.due += ((now - this.lastTick) / 1_000) * this.perSecond;
    this.lastTick = now;
    for (; this.due >= 1; this.due -= 1) this.next();
  }

  /** Once as many run as there should, starts and stops take turns; the one that has run longest stops. */
  private next(): void {
    const { vms, running } = this.options;
    if (this.started - this.stopped > running) this.tell(this.stopped++ % vms, 'stopped');
    else this.tell(this.started++ % vms, 'starting');
  }

  private tell(n: number, state: 'starting' | 'stopped'): void {
    const vm = this.vms[n] as LoadedVm;
    const vmId = nameOf(n);
    vm.sequence += 1;
    vm.isRunning = state === 'starting';
    delete vm.address;
    if (vm.isRunning) vm.starts.push(performance.now());
    const wish = vm.isRunning ? { hostId: `h${n % this.options.hosts}`, devices: [{ device: '10GE' }] } : {};
    this.options.nats.publish(vmFactSubject(vmId, 'VmStateChanged'), JSON.stringify({ vmId, state, sequence: vm.sequence, ...wish }));
  }

  private hear({ data: { vmId, devices } }: Decided, isReserved: boolean): void {
    const vm = this.vms[Number(vmId.slice(PREFIX.length))];
    const startedAt = vm?.starts.shift();
    if (!vm || startedAt === undefined) return;
    if (isReserved) this.reserved.push(performance.now() - startedAt);
    else this.refused += 1;
    // The reservation of an earlier run says nothing about this one.
    if (vm.isRunning && vm.starts.length === 0 && devices?.[0]) vm.address = devices[0].address;
  }
}

const PREFIX = 'load-';
const nameOf = (n: number): string => `${PREFIX}${n}`;
