import type { Alternative, ReasonCode, Wish } from '@vfleet/pci';
import { MISSES, fitByCounts, toCounted, type CountedWish, type Fit } from '../domain/fit.js';
import { finding, type Finding, type Ground } from './finding.js';
import type { HostTable } from './host-table.js';
import { liftedView, type IndexedHost, type View } from './indexed-host.js';
import { isLifted, type Way } from './judgement.js';

/** Choices remembered for one question at most. */
const MAX_CHOICES = 1_024;

interface PreparedWay {
  readonly find: Finding;
  readonly lifting: Way;
}

/**
 * A wish that has been asked of the fleet, with what came of it for each host, so that asking again costs only what has
 * changed since. Hosts are known by number.
 */
export class StandingQuestion {
  /** Harm of serving on each host; MISSES and more where it cannot serve, infinite where it is not there. */
  harms = new Float64Array(0);
  private seen = new Float64Array(0);
  private readonly wish: CountedWish;
  private readonly ways: ReadonlyMap<Alternative, PreparedWay>;
  private readonly obstacles: (ReasonCode | undefined)[] = [];
  private readonly blocked = new Map<ReasonCode, number>();
  private readonly choices = new Map<number, { readonly version: number; readonly choice: unknown }>();

  constructor(
    wish: Wish,
    ground: Ground,
    private readonly hosts: HostTable,
  ) {
    this.wish = toCounted(wish);
    const tenant = wish.tenant === undefined ? {} : { tenant: wish.tenant };
    const prepare = (one: Alternative): PreparedWay => ({
      find: finding(one, wish, ground),
      lifting: { forPf: one.forPf, byAddress: one.byAddress, forRemote: one.forRemote, ...tenant },
    });
    this.ways = new Map(this.wish.kinds.flatMap(({ alternatives }) => alternatives).map((one) => [one, prepare(one)]));
  }

  /** Takes in every change since it was asked last. */
  refresh(): void {
    const { versions, size } = this.hosts;
    if (this.seen.length < size) this.grow(versions.length);
    for (let number = 0; number < size; number += 1) if (this.seen[number] !== versions[number]) this.judge(number);
  }

  /** Hosts that cannot serve, by what stands most in the way. */
  get obstructed(): ReadonlyMap<string, number> {
    return this.blocked;
  }

  obstacleOn(number: number): string | undefined {
    return this.obstacles[number];
  }

  /** A choice that was made for a host is made again only when the host has changed. */
  choiceOn<Choice>(number: number, choose: () => Choice): Choice {
    const version = this.hosts.versions[number] as number;
    const known = this.choices.get(number);
    if (known?.version === version) return known.choice as Choice;
    const choice = choose();
    if (this.choices.size >= MAX_CHOICES && !known) this.choices.delete(this.choices.keys().next().value as number);
    this.choices.set(number, { version, choice });
    return choice;
  }

  private judge(number: number): void {
    const version = this.hosts.versions[number] as number;
    const { harm, obstacle } = version === 0 ? ABSENT : this.fit(number);
    this.count(this.obstacles[number], -1);
    this.count(obstacle, 1);
    this.harms[number] = harm;
    this.obstacles[number] = obstacle;
    this.seen[number] = version;
  }

  private count(obstacle: ReasonCode | undefined, difference: number): void {
    if (obstacle === undefined) return;
    const hosts = (this.blocked.get(obstacle) ?? 0) + difference;
    if (hosts > 0) this.blocked.set(obstacle, hosts);
    else this.blocked.delete(obstacle);
  }

  private fit(number: number): Fit {
    const cells = this.hosts.cells.of(number);
    if (cells.start === cells.end && isUnheard(this.hosts.of(number))) return UNHEARD;
    return fitByCounts(this.wish, (alternative) => {
      const { find, lifting } = this.ways.get(alternative) as PreparedWay;
      const indexed = this.hosts.of(number);
      const view: View = isLifted(indexed.judgement, lifting) ? liftedView(indexed, lifting) : { judgement: indexed.judgement, cells };
      return find(view, () => ({ ...indexed, ...view }));
    });
  }

  private grow(size: number): void {
    const [harms, seen] = [new Float64Array(size).fill(Number.POSITIVE_INFINITY), new Float64Array(size)];
    harms.set(this.harms);
    seen.set(this.seen);
    [this.harms, this.seen] = [harms, seen];
  }
}

const isUnheard = ({ host }: IndexedHost): boolean => host.status === 'unknown' && host.devices.size === 0;

/** Of all that cannot serve it is the furthest from it. */
const UNHEARD = { harm: 2 * MISSES, obstacle: 'HOST_UNKNOWN' } as unknown as Fit;
const ABSENT: Fit = { harm: Number.POSITIVE_INFINITY };
