import type { DeviceRules, Wish } from '@vfleet/pci';
import type { CatalogState } from '../domain/catalog.js';
import { MISSES } from '../domain/fit.js';
import type { Host } from '../domain/host.js';
import { HostTable } from './host-table.js';
import { leastFirst } from './least-first.js';
import { Signatures } from './signatures.js';
import { StandingQuestion } from './standing-question.js';

/** Questions whose answers are kept; the one that was asked longest ago makes room. */
const MAX_QUESTIONS = 32;

/** Where the index looks when it is asked. */
export interface Source {
  readonly host: (hostId: string) => Host | undefined;
  readonly catalog: () => Pick<CatalogState, 'rules' | 'registered'>;
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

export interface RankOptions {
  /** How many will be looked at, as far as that is known. */
  readonly wanted?: number;
  /** Only these. */
  readonly hostIds?: readonly string[];
}

/**
 * Which hosts can serve a wish, by counts that are kept in memory. A change marks its host; what it means is worked out
 * when somebody asks, so that every answer sees every change and a change costs nothing but its mark.
 */
export class FleetIndex {
  private hosts: HostTable;
  private generation = 0;
  private readonly changed = new Set<string>();
  private sealed = new Set<string>();
  private undoable = new Set<string>();
  private readonly questions = new Map<string, StandingQuestion>();
  private rules: DeviceRules | undefined;

  constructor(
    private readonly source: Source,
    private readonly book = new Signatures(),
  ) {
    this.hosts = new HostTable(book);
  }

  /** Something of a host has changed, and may still be undone. */
  touch(hostId: string): void {
    this.changed.add(hostId);
    this.undoable.add(hostId);
  }

  seal(): void {
    [this.sealed, this.undoable] = [this.undoable, this.sealed];
  }

  commit(): void {
    this.sealed.clear();
  }

  rollback(): void {
    for (const hosts of [this.sealed, this.undoable]) {
      for (const hostId of hosts) this.changed.add(hostId);
      hosts.clear();
    }
  }

  rank(wish: Wish, { wanted = 1, hostIds }: RankOptions = {}): Ranking {
    this.settle();
    const question = this.questionOf(wish);
    question.refresh();
    const weighed = { order: hostIds ? this.numbersOf(hostIds) : this.hosts.order(), weights: question.harms };
    const toRanked = (number: number): Ranked => ({
      hostId: this.hosts.hostIdOf(number),
      harm: question.harms[number] as number,
      remembered: (compute) => question.choiceOn(number, compute),
    });
    return {
      fits: mapped(leastFirst(weighed, 0, MISSES, wanted), toRanked),
      misses: mapped(leastFirst(weighed, MISSES, Number.POSITIVE_INFINITY), toRanked),
      obstacles: () => (hostIds ? tally(weighed.order, (number) => question.obstacleOn(number)) : new Map(question.obstructed)),
    };
  }

  /** Works out what some changes mean, so that nobody has to wait for it later; false when all is done. */
  settleSome(most: number): boolean {
    const { rules } = this.source.catalog();
    if (rules !== this.rules) this.beginAnew(rules);
    for (const hostId of this.changed) {
      if (most-- <= 0) return true;
      this.changed.delete(hostId);
      this.hosts.take(hostId, this.source.host(hostId), rules);
      if (this.book.generation !== this.generation) this.forgetSignatures();
    }
    return false;
  }

  private settle(): void {
    this.settleSome(Number.POSITIVE_INFINITY);
  }

  /** Other rules: what devices are, and whether they may be given, has to be asked anew. */
  private beginAnew(rules: DeviceRules): void {
    this.questions.clear();
    for (const number of this.hosts.order()) this.changed.add(this.hosts.hostIdOf(number));
    this.rules = rules;
  }

  private forgetSignatures(): void {
    this.generation = this.book.generation;
    this.questions.clear();
    for (const number of this.hosts.order()) this.changed.add(this.hosts.hostIdOf(number));
    this.hosts = new HostTable(this.book);
  }

  private numbersOf(hostIds: readonly string[]): readonly number[] {
    return [...new Set(hostIds)].sort().flatMap((hostId) => this.hosts.numberOf(hostId) ?? []);
  }

  private questionOf(wish: Wish): StandingQuestion {
    const { asks, numaNodes, tenant, strategy } = wish;
    const key = JSON.stringify([asks.map(({ key: asked, link }) => [asked, link]), numaNodes, tenant, strategy]);
    const question = this.questions.get(key) ?? this.newQuestion(wish);
    this.questions.delete(key);
    this.questions.set(key, question);
    if (this.questions.size > MAX_QUESTIONS) this.questions.delete(this.questions.keys().next().value as string);
    return question;
  }

  private newQuestion(wish: Wish): StandingQuestion {
    const { rules, registered } = this.source.catalog();
    const localModels = [...registered.values()].some(({ hostIds }) => hostIds !== undefined);
    return new StandingQuestion(wish, { book: this.book, rules, localModels }, this.hosts);
  }
}

function* mapped<From, To>(items: Iterable<From>, map: (item: From) => To): Iterable<To> {
  for (const item of items) yield map(item);
}

const tally = (numbers: ArrayLike<number>, obstacleOn: (number: number) => string | undefined): Map<string, number> => {
  const hosts = new Map<string, number>();
  for (const code of Array.from(numbers, obstacleOn)) if (code !== undefined) hosts.set(code, (hosts.get(code) ?? 0) + 1);
  return hosts;
};
