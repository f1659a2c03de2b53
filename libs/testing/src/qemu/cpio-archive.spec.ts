import { describe, expect, it } from '@jest/globals';
import { cpioArchive } from './cpio-archive.js';

interface Member {
  readonly path: string;
  readonly mode: string;
  readonly text: string;
}

const HEADER_BYTES = 110;
const upToFour = (length: number): number => Math.ceil(length / 4) * 4;

/** Reads an archive as the kernel does: thirteen hexadecimal numbers of eight digits behind the magic. */
const members = (archive: Buffer): Member[] => {
  const found: Member[] = [];
  for (let at = 0; at < archive.length;) {
    const number = (field: number): number => Number.parseInt(archive.toString('latin1', at + 6 + field * 8, at + 14 + field * 8), 16);
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const [mode, bytes, nameBytes] = [number(1), number(6), number(11)];
    const content = at + upToFour(HEADER_BYTES + nameBytes);
    const path = archive.toString('utf8', at + HEADER_BYTES, at + HEADER_BYTES + nameBytes - 1);
    found.push({ path, mode: mode.toString(8), text: archive.toString('utf8', content, content + bytes) });
    at = content + upToFour(bytes);
  }
  return found;
};

describe('a cpio archive', () => {
  it('holds folders, files and programs with their permissions, and says where it ends', () => {
    const archive = cpioArchive([
      { path: 'bin', kind: 'folder' },
      { path: 'bin/tool', kind: 'program', bytes: Buffer.from('#!/bin/sh\n') },
      { path: 'bin/text', kind: 'file', bytes: Buffer.from('odd') },
    ]);
    expect(members(archive)).toEqual([
      { path: 'bin', mode: '40755', text: '' },
      { path: 'bin/tool', mode: '100755', text: '#!/bin/sh\n' },
      { path: 'bin/text', mode: '100644', text: 'odd' },
      { path: 'TRAILER!!!', mode: '0', text: '' },
    ]);
  });

  it('has room for names and contents of every length', () => {
    const entries = [1, 2, 3, 4, 5].map((length) => ({ path: 'n'.repeat(length), kind: 'file' as const, bytes: Buffer.from('c'.repeat(length)) }));
    const read = members(cpioArchive(entries)).slice(0, -1);
    expect(read.map(({ path, text }) => [path, text])).toEqual(entries.map(({ path, bytes }) => [path, String(bytes)]));
  });
});
