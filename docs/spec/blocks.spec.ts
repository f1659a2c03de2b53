import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { blocksOf, isForShell, reasonNotToRun, type Block } from './blocks.js';
import { allPages, isThere, ROOT } from './pages.js';

const blocks = allPages().flatMap((page) => [...blocksOf(page)]);
const where = ({ page, line }: Block): string => `${page}:${line}`;
const inLanguage = (language: string): readonly Block[] => blocks.filter((block) => block.language === language);

/** Undefined where it is what its language takes. */
const fault = (parse: () => void): string | undefined => {
  try {
    parse();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a block of a page', () => {
  it('that is not closed is refused', () => {
    expect(() => blocksOf({ path: 'a.md', text: '```sh\nls\n' })).toThrow('a.md:1');
  });

  it('says in the comment above why it is not run, that it stays, or what it is from', () => {
    const text = ['<!-- not run: needs root -->', '```sh', 'ls', '```', '<!-- stays -->', '```console', '$ top', '```'].join('\n');
    expect(blocksOf({ path: 'a.md', text })).toEqual([
      { page: 'a.md', line: 2, language: 'sh', text: 'ls', notRun: 'needs root', stays: false },
      { page: 'a.md', line: 6, language: 'console', text: '$ top', stays: true },
    ]);
  });
});

describe('a block that needs a program', () => {
  const [block] = blocksOf({ path: 'a.md', text: '<!-- needs: node -->\n```sh\nnode\n```' }) as [Block];

  it('is run where that is', () => {
    expect(reasonNotToRun(block)).toBeUndefined();
  });

  it('is not run where it is not', () => {
    expect(reasonNotToRun({ ...block, needs: 'no-such-program' })).toBe('no-such-program is not on this machine');
  });
});

describe('the pages', () => {
  it('have blocks, some of them for a shell', () => {
    expect(blocks.filter(isForShell).length).toBeGreaterThan(20);
  });

  it('name the language of each block; sh and console are run', () => {
    expect(blocks.filter(({ language }) => language === '').map(where)).toEqual([]);
  });

  it('say of no other block that it is not run', () => {
    expect(blocks.filter((block) => block.notRun !== undefined && !isForShell(block)).map(where)).toEqual([]);
  });

  it('show YAML that can be read', () => {
    const faults = inLanguage('yaml').map((block) => fault(() => parseAllDocuments(block.text).forEach((one) => void one.toJS())));
    expect(faults.filter(Boolean)).toEqual([]);
  });

  it('show JSON that can be read', () => {
    const faults = inLanguage('json').map((block) => fault(() => void JSON.parse(block.text)));
    expect(faults.filter(Boolean)).toEqual([]);
  });

  it('show parts of files as they are', () => {
    const shown = blocks.filter(({ from }) => from !== undefined);
    const text = (path: string): string => (isThere(path) ? readFileSync(join(ROOT, path), 'utf8') : '');
    expect(shown.filter(({ from = '', text: part }) => !text(from).includes(part)).map(where)).toEqual([]);
  });
});
