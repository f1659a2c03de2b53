import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page, ViewportSize } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

/** A window in which scripts of a spec may run beside the page's own: the policy is off there, and only there. */
export const anInspectedPage = async (browser: Browser, url: string, viewport: ViewportSize): Promise<Page> => {
  const context = await browser.newContext({ baseURL: url, bypassCSP: true, viewport, reducedMotion: 'reduce' });
  return context.newPage();
};

/** What axe-core finds wrong with a page, a line for each element. */
export const violations = async (page: Page): Promise<readonly string[]> => {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.addScriptTag({ content: AXE });
  const found = await page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as { axe: { run: (options: object) => Promise<{ violations: Violation[] }> } };
    return (await axe.run({ runOnly: rules })).violations;
  }, RULES);
  return found.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')}: ${failureSummary}`));
};
