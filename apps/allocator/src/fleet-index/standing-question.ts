import type { Alternative, ModelBook, ReasonCode, Wish } from '@vfleet/pci';
import { MISSES, fitByCounts, toCounted, type CountedWish, type Fit } from '../domain/fit.js';
import { socketsOf } from '../domain/host.js';
import { count } from '../domain/lots.js';
import { viewOf, type IndexedHost } from './indexed-host.js';
import type { Signatures } from './signatures.js';
import { acceptance, type Acceptance } from './way.js';

/** Choices remembered for one question at most. */
const MAX_CHOICES = 1_024;

/**
 * A wish that has been asked of the fleet, with what came of it for each host, so that asking again costs only what has
 * changed since. Hosts are known by number.
 */
export class StandingQuestion {
  private readonly counted: CountedWish;
  private readonly acceptances: ReadonlyMap<Alternative, Acceptance>;
  private readonly tenant: { readonly tenant?: string };
  private harms = new Float64Array(0);
  private seen = new Float64Array(0);
  private readonly obstacles: (ReasonCode | undefined)[] = [];
  private readonly choices = new Map<number, { readonly version: number; readonly choice: unknown }>();

  constructor(
    wish: Wish,
    models: ModelBook,
    private readonly book: Signatures,
  ) {
    this.counted = toCounted(wish);
    const alternatives = this.counted.kinds.flatMap((kind) => kind.alternatives);
    this.acceptances = new Map(alternatives.map((alternative) => [alternative, acceptance(alternative, models)]));
    this.tenant = wish.tenant === undefined ? {} : { tenant: wish.tenant };
  }

  /** What serving there would cost; MISSES and more where it is not possible. */
  harmOf(number: number, indexed: IndexedHost): number {
    if (this.seen[number] !== indexed.version) this.judge(number, indexed);
    return this.harms[number] as number;
  }

  /** What stands most in the way on a host of which the harm has been asked. */
  obstacleOf(number: number): ReasonCode | undefined {
    return this.obstacles[number];
  }

  /** A choice that was made for a host is made again only when the host has changed. */
  choiceOn<Choice>(number: number, { version }: IndexedHost, choose: () => Choice): Choice {
    const known = this.choices.get(number);
    if (known?.version === version) return known.choice as Choice;
    const choice = choose();
    if (this.choices.size >= MAX_CHOICES && !known) this.choices.delete(this.choices.keys().next().value as number);
    this.choices.set(number, { version, choice });
    return choice;
  }

  private judge(number: number, indexed: IndexedHost): void {
    if (number >= this.seen.length) this.grow(number);
    const { harm, obstacle } = isUnheard(indexed) ? UNHEARD : this.fit(indexed);
    this.harms[number] = harm;
    this.obstacles[number] = obstacle;
    this.seen[number] = indexed.version;
  }

  private fit(indexed: IndexedHost): Fit {
    const around = { sockets: socketsOf(indexed.host) };
    return fitByCounts(this.counted, (alternative) => {
      const view = viewOf(indexed, { ...alternative, ...this.tenant }, this.book);
      return count(alternative, (this.acceptances.get(alternative) as Acceptance)(indexed, view), this.counted, around);
    });
  }

  private grow(number: number): void {
    const size = Math.max(1_024, 2 ** Math.ceil(Math.log2(number + 1)));
    const [harms, seen] = [new Float64Array(size), new Float64Array(size)];
    harms.set(this.harms);
    seen.set(this.seen);
    [this.harms, this.seen] = [harms, seen];
  }
}

const isUnheard = ({ host }: IndexedHost): boolean => host.status === 'unknown' && host.devices.size === 0;

/** Of all that cannot serve it is the furthest from it. */
const UNHEARD = { harm: Number.MAX_SAFE_INTEGER, obstacle: 'HOST_UNKNOWN' } as unknown as Fit;

/** Whether a harm is that of a host that cannot serve. */
export const misses = (harm: number): boolean => harm >= MISSES;
