import type { SeedReport } from './messages.js';

/** Seeds that count as one test: a seed by itself is too little to be called one. */
const BLOCK = 50;

/** Blocks of seeds that follow on each other, and which of them broke a promise. */
export class Blocks {
  private readonly seen = new Set<number>();
  private readonly broken = new Set<number>();
  private readonly seeds: number[] = [];

  constructor(
    private readonly from: number,
    private readonly count: number,
  ) {}

  add({ seed, broken }: SeedReport): void {
    const block = Math.floor((seed - this.from) / BLOCK);
    this.seen.add(block);
    if (!broken) return;
    this.broken.add(block);
    this.seeds.push(seed);
  }

  get passed(): number {
    return this.seen.size - this.broken.size;
  }

  get failed(): number {
    return this.broken.size;
  }

  get text(): string {
    const range = `the seeds from ${this.from} to ${this.from + this.count - 1}`;
    if (this.seeds.length === 0) return `every promise was kept by ${range}`;
    return `of ${range} a promise was broken by ${this.seeds.sort((a, b) => a - b).join(', ')}`;
  }
}
