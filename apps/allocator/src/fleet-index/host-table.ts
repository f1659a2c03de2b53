import type { DeviceRules } from '@vfleet/pci';
import type { Host } from '../domain/host.js';
import { CellTable } from './cell-table.js';
import { toCells } from './cells.js';
import { settle, type IndexedHost } from './indexed-host.js';
import type { Signatures } from './signatures.js';

const FIRST_HOSTS = 1_024;

/** What the index keeps of every host, each known by a number. */
export class HostTable {
  readonly cells = new CellTable();
  /** Of the newest state of each host, another after every change; 0 for a host that is not there. */
  versions = new Float64Array(FIRST_HOSTS);
  private readonly numbers = new Map<string, number>();
  private readonly hostIds: string[] = [];
  private readonly indexed: (IndexedHost | undefined)[] = [];
  private sorted: Uint32Array | undefined;
  private version = 0;

  constructor(private readonly book: Signatures) {}

  get size(): number {
    return this.hostIds.length;
  }

  numberOf(hostId: string): number | undefined {
    return this.numbers.get(hostId);
  }

  hostIdOf(number: number): string {
    return this.hostIds[number] as string;
  }

  of(number: number): IndexedHost {
    return this.indexed[number] as IndexedHost;
  }

  /** Numbers of all hosts that there have been, in the order of their names. */
  order(): Uint32Array {
    this.sorted ??= Uint32Array.from(this.hostIds.keys()).sort((a, b) => ((this.hostIds[a] as string) < (this.hostIds[b] as string) ? -1 : 1));
    return this.sorted;
  }

  /** Takes in what has become of a host; undefined where it is not there any more. */
  take(hostId: string, host: Host | undefined, rules: DeviceRules): void {
    const number = this.numbers.get(hostId) ?? this.add(hostId);
    const before = this.indexed[number];
    const after = host && settle(before, host, rules, this.book);
    if (before === after) return;
    this.indexed[number] = after;
    if (after) this.cells.set(number, toCells(after.signatures, after.judgement));
    this.versions[number] = after ? (this.version += 1) : 0;
  }

  private add(hostId: string): number {
    const number = this.hostIds.push(hostId) - 1;
    this.numbers.set(hostId, number);
    this.sorted = undefined;
    if (number >= this.versions.length) {
      const versions = new Float64Array(this.versions.length * 2);
      versions.set(this.versions);
      this.versions = versions;
    }
    return number;
  }
}
