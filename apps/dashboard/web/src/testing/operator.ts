import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { RunningSystem } from './running-system.js';

/** Kept after the run, to be looked at. */
const SHOTS = join(import.meta.dirname, '../../../build-output/screenshots');
/** Only to end what hangs: views are drawn late on a machine that is busy. */
const WAIT_MS = 60_000;

export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 390, height: 844 };

/** Somebody in front of the page. */
export interface Operator {
  readonly page: Page;
  /** Goes to an address within the page. */
  readonly open: (path: string) => Promise<void>;
  /** Gives the system's token, as an operator does. */
  readonly giveToken: () => Promise<void>;
  /** Keeps what is seen as `build-output/screenshots/<name>.png`. */
  readonly keepSight: (name: string) => Promise<void>;
  /** What the browser complained of: faults of scripts, and what the Content-Security-Policy kept out. */
  readonly complaints: () => readonly string[];
  readonly leave: () => Promise<void>;
}

/** Refusals of the API are loud in the console, and part of what is tested. */
const isRefusal = (text: string): boolean => /^Failed to load resource: the server responded with a status of 4\d\d/.test(text);

const listen = (page: Page): (() => readonly string[]) => {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isRefusal(message.text())) complaints.push(message.text());
  });
  return () => complaints;
};

/** Opens a browser window of its own: nothing is remembered from another. */
export const anOperator = async (browser: Browser, { url, token }: RunningSystem, options: BrowserContextOptions = {}): Promise<Operator> => {
  const context = await browser.newContext({
    viewport: WIDE,
    colorScheme: 'light',
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    baseURL: url,
    ...options,
  });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const complaints = listen(page);
  mkdirSync(SHOTS, { recursive: true });
  return {
    page,
    open: async (path) => {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
    },
    giveToken: async () => {
      await page.getByRole('button', { name: 'Token: none' }).click();
      await page.getByLabel('Token', { exact: true }).fill(token);
      await page.getByRole('button', { name: 'Keep the token' }).click();
      await page.getByRole('button', { name: 'Token: given' }).waitFor();
    },
    keepSight: async (name) => {
      await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
    },
    complaints,
    leave: () => context.close(),
  };
};
