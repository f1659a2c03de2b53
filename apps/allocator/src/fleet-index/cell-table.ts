import { CELL, type Cells } from './cells.js';

const FIRST_WORDS = 1 << 16;

/** The cells of all hosts, one after the other, so that a question runs through a fleet without jumping about in memory. */
export class CellTable {
  private words: Int32Array;
  private used = 0;
  /** Words that no host has any more. */
  private lost = 0;
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly rooms: number[] = [];

  constructor(words = FIRST_WORDS) {
    this.words = new Int32Array(words);
  }

  /** Of a host that is known by this number; its place stays the same as long as there is room for it. */
  set(number: number, cells: Int32Array): void {
    if (cells.length > (this.rooms[number] ?? 0)) this.move(number, cells.length + CELL);
    const start = this.starts[number] ?? 0;
    this.words.set(cells, start);
    this.ends[number] = start + cells.length;
  }

  of(number: number): Cells {
    return { words: this.words, start: this.starts[number] ?? 0, end: this.ends[number] ?? 0 };
  }

  private move(number: number, room: number): void {
    this.lost += this.rooms[number] ?? 0;
    this.rooms[number] = 0;
    this.ends[number] = this.starts[number] ?? 0;
    if (this.used + room > this.words.length) this.makeRoom(room);
    this.starts[number] = this.used;
    this.rooms[number] = room;
    this.used += room;
  }

  /** Another table with what is still somebody's, closed up; twice as large where that is not enough. */
  private makeRoom(room: number): void {
    const needed = this.used - this.lost + room;
    const before = this.words;
    this.words = new Int32Array(needed > before.length / 2 ? Math.max(needed, before.length * 2) : before.length);
    this.used = 0;
    this.lost = 0;
    for (const [number, own] of this.rooms.entries()) {
      if (!own) continue;
      const [start, end] = [this.starts[number] as number, this.ends[number] as number];
      this.words.set(before.subarray(start, end), this.used);
      this.starts[number] = this.used;
      this.ends[number] = this.used + end - start;
      this.used += own;
    }
  }
}
