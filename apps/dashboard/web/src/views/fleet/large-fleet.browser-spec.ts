import { describe, expect, it } from '@jest/globals';
import { until } from '@vfleet/testing';
import { addHost } from '../../testing/made-up-host.js';
import { anOperatedSystem } from '../../testing/operated-system.js';
import { NARROW, WIDE } from '../../testing/operator.js';

const MANY = 10_000;
/** Facts are handed over so many hosts at a time: a bus holds only so much for one that reads slowly. */
const BATCH = 500;
/** To take in 20,000 facts on a machine that is busy. */
const TAKEN_IN_MS = 180_000;
/** More than fit on any screen, fewer than a page of them. */
const DRAWN_AT_MOST = 80;

const named = (n: number): string => `rack-${String(n).padStart(5, '0')}`;

const scene = anOperatedSystem(0, async (system) => {
  for (let n = 0; n < MANY; n += 1) {
    addHost(system, named(n), [n % 2 === 0 ? 'PORT' : 'A rather long name of a device that somebody thought of']);
    if (n % BATCH === BATCH - 1) await system.nats.flush();
  }
  const last = async (): Promise<boolean> => (await system.ask('hosts.get', { hostId: named(MANY - 1) })).counts.total === 1;
  await until('the last host', last, TAKEN_IN_MS);
});

const overflow = (): Promise<number> =>
  scene.operator.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe.each([
  ['on a desk', WIDE],
  ['on a telephone', NARROW],
])('a fleet of 10,000 hosts %s', (_, size) => {
  it('is painted, counted in full, and no wider than the screen', async () => {
    const { page, open, keepSight } = scene.operator;
    await page.setViewportSize(size);
    await open('/fleet');
    await page.getByText(`${MANY} hosts: ${MANY} online`).waitFor();
    await page.getByRole('link', { name: named(0), exact: true }).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(DRAWN_AT_MOST);
    expect(await overflow()).toBe(0);
    await keepSight(`fleet-10000-${size.width}`);
  });

  it('is scrolled to its last host, and still draws only what is in sight', async () => {
    const { page, open } = scene.operator;
    await page.setViewportSize(size);
    await open('/fleet');
    const scroller = page.getByRole('group', { name: 'Fleet' });
    const last = page.getByRole('link', { name: named(MANY - 1), exact: true });
    await until('the last host to be in sight', async () => {
      await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      return (await last.count()) === 1;
    });
    expect(await page.getByRole('row').count()).toBeLessThan(DRAWN_AT_MOST);
    expect(await overflow()).toBe(0);
    await scroller.evaluate((element) => element.scrollTo(0, 0));
    await page.getByRole('link', { name: named(0), exact: true }).waitFor();
  });
});

describe('one host of 10,000', () => {
  it('is found by a part of its name, and what it has by what it is called', async () => {
    const { page, open } = scene.operator;
    await open('/fleet');
    await page.getByLabel('Host', { exact: true }).fill('rack-0777');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByText('10 hosts: 10 online').waitFor();
    await page.getByRole('list', { name: 'Over all hosts' }).getByRole('link', { name: 'PORT', exact: true }).click();
    await page.getByText('200 or more devices').waitFor();
    expect(await overflow()).toBe(0);
  });
});
