import type { ModelBook, Wish } from '@vfleet/pci';
import { MISSES } from '../domain/fit.js';
import type { Host } from '../domain/host.js';
import { settle, type IndexedHost } from './indexed-host.js';
import { leastFirst } from './least-first.js';
import { Signatures } from './signatures.js';
import { StandingQuestion } from './standing-question.js';

/** Questions whose answers are kept; the one that was asked longest ago makes room. */
const MAX_QUESTIONS = 32;

/** Where the index looks when it is asked. */
export interface Source {
  readonly host: (hostId: string) => Host | undefined;
  readonly models: () => ModelBook;
}

/** Hosts in the order in which serving a wish there does the least harm, by their counts. */
export interface Ranking {
  /** Those that may serve; the counts of a host do not show every way in which devices stand in each other's way. */
  readonly fits: Iterable<Ranked>;
  /** Those that cannot, the nearest to it first. */
  readonly misses: Iterable<Ranked>;
  /** Hosts that cannot serve, by the code that stands most in the way. */
  readonly obstacles: () => Map<string, number>;
}

export interface Ranked {
  readonly hostId: string;
  readonly harm: number;
  /** What is computed of the host for this wish is computed again only when the host has changed. */
  readonly remembered: <Value>(compute: () => Value) => Value;
}

/**
 * Which hosts can serve a wish, by counts that are kept in memory. A change marks its host; what it means is worked out
 * when somebody asks, so that every answer sees every change and a change costs nothing but its mark.
 */
export class FleetIndex {
  private readonly numbers = new Map<string, number>();
  private readonly hosts: (IndexedHost | undefined)[] = [];
  private readonly hostIds: string[] = [];
  private readonly changed = new Set<string>();
  private readonly undoable = new Set<string>();
  private readonly book = new Signatures();
  private readonly questions = new Map<string, StandingQuestion>();
  /** Numbers of hosts in the order of their names; undefined when a host has come since. */
  private order: readonly number[] | undefined;
  private models: ModelBook | undefined;
  private version = 0;

  constructor(private readonly source: Source) {}

  /** Something of a host has changed, and may still be undone. */
  touch(hostId: string): void {
    this.changed.add(hostId);
    this.undoable.add(hostId);
  }

  commit(): void {
    this.undoable.clear();
  }

  rollback(): void {
    for (const hostId of this.undoable) this.changed.add(hostId);
    this.undoable.clear();
  }

  /** `hostIds`: look at these only, in the order of their names. */
  rank(wish: Wish, { wanted = 1, hostIds }: { readonly wanted?: number; readonly hostIds?: readonly string[] } = {}): Ranking {
    this.settle();
    const question = this.questionOf(wish);
    const places = this.placesOf(hostIds);
    const harms = places.map((number) => question.harmOf(number, this.hosts[number] as IndexedHost));
    const harmOf = (place: number): number => harms[place] as number;
    const toRanked = (place: number): Ranked => {
      const number = places[place] as number;
      const remembered: Ranked['remembered'] = (compute) => question.choiceOn(number, this.hosts[number] as IndexedHost, compute);
      return { hostId: this.hostIds[number] as string, harm: harmOf(place), remembered };
    };
    return {
      fits: mapped(leastFirst(places.length, harmOf, MISSES, wanted), toRanked),
      misses: mapped(
        leastFirst(places.length, (place) => (harmOf(place) < MISSES ? Number.POSITIVE_INFINITY : harmOf(place)), Number.MAX_VALUE),
        toRanked,
      ),
      obstacles: () => tally(places, harms, question),
    };
  }

  private settle(): void {
    const models = this.source.models();
    if (models !== this.models) {
      this.questions.clear();
      for (const indexed of this.hosts) if (indexed) this.changed.add(indexed.host.hostId);
      this.models = models;
    }
    for (const hostId of this.changed) {
      const number = this.numberOf(hostId);
      const host = this.source.host(hostId);
      this.hosts[number] = host && settle(this.hosts[number], host, models, this.book, (this.version += 1));
    }
    this.changed.clear();
  }

  private numberOf(hostId: string): number {
    const known = this.numbers.get(hostId);
    if (known !== undefined) return known;
    this.numbers.set(hostId, this.hostIds.length);
    this.order = undefined;
    return this.hostIds.push(hostId) - 1;
  }

  private placesOf(hostIds: readonly string[] | undefined): readonly number[] {
    this.order ??= [...this.hostIds.keys()].sort((a, b) => ((this.hostIds[a] as string) < (this.hostIds[b] as string) ? -1 : 1));
    const all = hostIds ? [...new Set(hostIds)].sort().flatMap((hostId) => this.numbers.get(hostId) ?? []) : this.order;
    return all.filter((number) => this.hosts[number] !== undefined);
  }

  private questionOf(wish: Wish): StandingQuestion {
    const { asks, numaNodes, tenant, strategy } = wish;
    const key = JSON.stringify([asks.map(({ key: asked, link }) => [asked, link]), numaNodes, tenant, strategy]);
    const question = this.questions.get(key) ?? new StandingQuestion(wish, this.models as ModelBook, this.book);
    this.questions.delete(key);
    this.questions.set(key, question);
    if (this.questions.size > MAX_QUESTIONS) this.questions.delete(this.questions.keys().next().value as string);
    return question;
  }
}

function* mapped<From, To>(items: Iterable<From>, map: (item: From) => To): Iterable<To> {
  for (const item of items) yield map(item);
}

const tally = (numbers: readonly number[], harms: readonly number[], question: StandingQuestion): Map<string, number> => {
  const hosts = new Map<string, number>();
  numbers.forEach((number, place) => {
    if ((harms[place] as number) < MISSES) return;
    const code = question.obstacleOf(number) as string;
    hosts.set(code, (hosts.get(code) ?? 0) + 1);
  });
  return hosts;
};
