import { chromium, type Browser } from 'playwright-core';
import { findChromium } from './browser/chromium-program.js';

const quietly = (): void => undefined;

/**
 * A Chromium without windows, of the specs' own. Its sandbox is off: it needs rights that containers do not give, and the
 * pages are ours.
 * @throws Error saying what to do where there is none
 */
export const aBrowser = async (): Promise<Browser> =>
  chromium.launch({ executablePath: await findChromium(quietly), args: ['--no-sandbox', '--disable-dev-shm-usage', '--lang=en-GB'] });
