import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { allPages, ROOT, type Page } from './pages.js';

const withoutCode = (text: string): string => text.replaceAll(/^( *)```[\s\S]*?^\1```/gm, '').replaceAll(/`[^`\n]*`/g, '');

const linksOf = ({ text }: Page): readonly string[] => [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsIn = (text: string): readonly string[] => [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

const resolves = (page: Page, link: string): boolean => {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? join(ROOT, page.path) : join(ROOT, dirname(page.path), path);
  if (!existsSync(file) || relative(ROOT, file).startsWith('..')) return false;
  return anchor === undefined || anchorsIn(readFileSync(file, 'utf8')).includes(anchor);
};

const isOutside = (link: string): boolean => /^[a-z]+:/.test(link);

describe('a link', () => {
  const page: Page = { path: 'docs/README.md', text: '# Some `code`, here\n' };

  it('resolves to a file of the repository, and to a heading in it', () => {
    expect(resolves(page, '../README.md')).toBe(true);
    expect(resolves(page, '../README.md#the-picture')).toBe(true);
  });

  it.each(['nothing.md', '../README.md#nothing', '../../elsewhere.md'])('does not resolve to %s', (link) => {
    expect(resolves(page, link)).toBe(false);
  });

  it('is not looked for in code', () => {
    expect(linksOf({ path: 'a.md', text: '[a](b.md) `[c](d.md)`\n```text\n[e](f.md)\n```\n' })).toEqual(['b.md']);
  });
});

describe('the pages', () => {
  it.each(allPages().map((page) => [page.path, page] as const))('%s links to what is there', (_, page) => {
    const broken = linksOf(page).filter((link) => !isOutside(link) && !resolves(page, link));
    expect(broken).toEqual([]);
  });

  it('of the documentation are all listed in docs/README.md, but for those of a list of their own', () => {
    const listed = new Set(linksOf({ path: 'docs/README.md', text: readFileSync(join(ROOT, 'docs/README.md'), 'utf8') }));
    const pages = allPages().map(({ path }) => relative('docs', path));
    expect(pages.filter((path) => /^(tutorial|how-to|reference|explanation)\//.test(path) && !listed.has(path))).toEqual([]);
  });
});
