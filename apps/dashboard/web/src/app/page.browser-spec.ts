import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@vfleet/testing';
import { aBrowser } from '@vfleet/testing/browser';
import type { Browser, Page } from 'playwright-core';
import { anInspectedPage, violations } from '../testing/accessibility.js';
import { addHost } from '../testing/made-up-host.js';
import { NARROW, WIDE, anOperator, type Operator } from '../testing/operator.js';
import { aRunningSystem, type RunningSystem } from '../testing/running-system.js';

const START_MS = 240_000;
/** Of every view a look in both schemes. */
const LOOK_MS = 600_000;
const LONG = 'n'.repeat(128);

let browser: Browser;
let system: RunningSystem;
/** A path of each view, with something to see on it. */
let paths: Readonly<Record<string, string>>;
let deviceId: string;

const startVm = async (vmId: string, hostId: string): Promise<string> => {
  system.tellVm(vmId, { state: 'running', hostId, sequence: 1, devices: [{ name: 'net', device: '10GE' }] });
  const { devices } = await until(`${vmId} to hold devices`, async () => {
    const vm = await system.ask('vms.get', { vmId });
    return vm.reservation && vm;
  });
  return devices[0]?.deviceId ?? '';
};

beforeAll(async () => {
  [browser, system] = await Promise.all([aBrowser(), aRunningSystem(2)]);
  addHost(system, LONG, [LONG]);
  deviceId = await startVm('vm-a', 'sim-01');
  const { migrationId } = await system.ask('migrations.start', { vmId: 'vm-a' });
  await until('the made-up host', async () => (await system.ask('hosts.get', { hostId: LONG })).counts.total === 1);
  system.tellVm('vm-b', { state: 'flying' });
  const [letter] = await until('a dead letter', async () => {
    const { items } = await system.ask('deadletters.list', {});
    return items.length > 0 && items;
  });
  paths = {
    fleet: '/fleet?all=true',
    capacity: '/capacity',
    networks: '/networks?network=physnet1&from=sim-01',
    events: '/events',
    'dead-letters': `/dead-letters?id=${encodeURIComponent(letter?.id ?? '')}`,
    devices: '/devices?f.hostId=sim-01,' + LONG,
    device: `/devices/${deviceId}`,
    host: '/hosts/sim-01',
    'host-groups': '/hosts/sim-01?show=groups',
    'host-vfs': '/hosts/sim-01?show=vfs',
    vm: '/vms/vm-a',
    migrations: '/migrations',
    migration: `/migrations/${migrationId}`,
    'plan-dialog': '/migrations?plan=vm-a',
    'why-not': '/why-not?devices=10GE,10GE,10GE&host=sim-01',
    drain: '/drain?host=sim-01',
    search: '/search?q=nothing-like-that',
    'no-page': '/nowhere',
    past: `/devices?at=${new Date().toISOString()}`,
  };
}, START_MS);

afterAll(async () => {
  await browser.close();
  await system.stop();
});

/** Everything that the view asks for is there, or was refused. */
const untilLoaded = async (page: Page): Promise<void> => {
  await page.locator('h1, h2').first().waitFor();
  await page.waitForFunction(() => document.querySelector('.loading') === null);
};

const withOperator = async (options: Parameters<typeof anOperator>[2], act: (operator: Operator) => Promise<void>): Promise<void> => {
  const operator = await anOperator(browser, system, options);
  await act(operator);
  expect(operator.complaints()).toEqual([]);
  await operator.leave();
};

const SCHEMES = ['light', 'dark'] as const;

describe('every view', () => {
  it(
    'can be used by everybody in both schemes, as far as axe-core can tell',
    async () => {
      const found: string[] = [];
      const page = await anInspectedPage(browser, system.url, WIDE);
      for (const [name, path] of Object.entries(paths)) {
        await page.goto(path);
        await untilLoaded(page);
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme });
          found.push(...(await violations(page)).map((violation) => `${name}, ${colorScheme}: ${violation}`));
        }
      }
      expect(found).toEqual([]);
      await page.context().close();
    },
    LOOK_MS,
  );

  it(
    'fits wide and narrow windows, whatever names are like',
    async () => {
      const tooWide: string[] = [];
      await withOperator({}, async ({ page, keepSight }) => {
        for (const [name, path] of Object.entries(paths)) {
          await page.goto(path);
          await untilLoaded(page);
          for (const viewport of [WIDE, NARROW]) {
            await page.setViewportSize(viewport);
            for (const colorScheme of SCHEMES) {
              await page.emulateMedia({ colorScheme });
              await keepSight(`${name}-${colorScheme}-${viewport.width}`);
            }
            const width = await page.evaluate(() => document.documentElement.scrollWidth);
            if (width > viewport.width) tooWide.push(`${name} takes ${width} of ${viewport.width}`);
          }
        }
      });
      expect(tooWide).toEqual([]);
    },
    LOOK_MS,
  );
});

describe('the colours', () => {
  it('follow the system until the operator chooses', async () => {
    await withOperator({ colorScheme: 'dark' }, async ({ page, open }) => {
      const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await open('/devices');
      const dark = await background();
      await page.getByRole('button', { name: 'Colours: system' }).click();
      await page.getByRole('button', { name: 'Colours: light' }).waitFor();
      expect(await background()).toBe('rgb(255, 255, 255)');
      await page.reload();
      await page.getByRole('button', { name: 'Colours: light' }).click();
      await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
      expect(await background()).toBe(dark);
      expect(dark).not.toBe('rgb(255, 255, 255)');
    });
  });
});

describe('the keyboard', () => {
  it('is enough: help, search, views, and the way past the navigation', async () => {
    await withOperator({}, async ({ page, open }) => {
      await open('/devices');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the view');
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('g');
      await page.keyboard.press('w');
      await page.getByRole('heading', { level: 1, name: 'Why not?' }).waitFor();
      await page.keyboard.press('/');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('search');
      await page.keyboard.type('sim-02');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'sim-02' }).waitFor();
    });
  });

  it('opens and closes the navigation on a narrow screen', async () => {
    await withOperator({ viewport: NARROW }, async ({ page, open }) => {
      await open('/devices');
      const navigation = page.getByRole('navigation', { name: 'Views' });
      expect(await navigation.isVisible()).toBe(false);
      await page.getByRole('button', { name: 'Views' }).press('Enter');
      await navigation.getByRole('link', { name: 'Drain' }).press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Drain a host' }).waitFor();
      expect(await navigation.isVisible()).toBe(false);
    });
  });
});

describe('acting', () => {
  it('is refused without the token, and done with it', async () => {
    await withOperator({}, async ({ page, open, keepSight }) => {
      const cordon = async (): Promise<void> => {
        await page.getByRole('button', { name: 'Cordon', exact: true }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Cordon', exact: true }).click();
      };
      const { items } = await system.ask('devices.list', { filter: { hostId: 'sim-02', name: 'NVME' } });
      await open(`/devices/${items[0]?.deviceId}`);
      await cordon();
      await page.getByText('devices.cordon: TOKEN_REQUIRED').waitFor();
      expect((await system.ask('devices.get', { deviceId: items[0]?.deviceId ?? '' })).cordoned).toBe(false);
      const dialog = page.getByRole('dialog', { name: 'Operator’s token' });
      await dialog.getByLabel('Token', { exact: true }).fill('none-of-the-tokens');
      await dialog.getByRole('button', { name: 'Keep the token' }).click();
      await cordon();
      await page.getByText('devices.cordon: FORBIDDEN').waitFor();
      await page.getByRole('button', { name: 'Token: given' }).click();
      await dialog.getByLabel('Token', { exact: true }).fill(system.token);
      await dialog.getByRole('button', { name: 'Keep the token' }).click();
      await cordon();
      await page.getByText('is cordoned').first().waitFor();
      await page.getByText('CORDONED', { exact: true }).waitFor();
      await keepSight('device-cordoned');
      await page.getByRole('button', { name: 'Uncordon' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Uncordon' }).click();
      await page.getByRole('button', { name: 'Cordon', exact: true }).waitFor();
    });
  });

  it('gives tags and takes them away', async () => {
    await withOperator({}, async ({ page, open, giveToken }) => {
      const { items } = await system.ask('devices.list', { filter: { hostId: 'sim-02', name: 'DONGLE' } });
      await open(`/devices/${items[0]?.deviceId}`);
      await giveToken();
      await page.getByRole('button', { name: 'Tags' }).click();
      await page.getByLabel('Key', { exact: true }).fill('rack');
      await page.getByLabel('Value', { exact: true }).fill('<b>4');
      await page.getByRole('button', { name: 'Set the tag' }).click();
      await page.getByRole('link', { name: 'rack=<b>4' }).click();
      await page.getByText('1 device', { exact: true }).waitFor();
      expect(new URL(page.url()).searchParams.get('f.tags.rack')).toBe('<b>4');
    });
  });
});

describe('the fleet as of a time', () => {
  it('is shown on every view, says so, and cannot be acted upon', async () => {
    await withOperator({}, async ({ page, open, keepSight }) => {
      const { items } = await system.ask('devices.history', { deviceId });
      const before = Number(items.find(({ type }) => type === 'DevicesReserved')?.position) - 1;
      await open(`/devices/${deviceId}`);
      await page.getByRole('region', { name: 'State' }).getByText('held').waitFor();
      await page.getByRole('button', { name: 'As of: now' }).click();
      await page.getByLabel('or a position of the journal').fill(String(before));
      await page.getByRole('button', { name: 'Show the fleet as of then' }).click();
      await page.getByText(`As of position ${before}`).waitFor();
      await page.getByRole('region', { name: 'State' }).getByText('available').waitFor();
      await page.getByText('No VM has held it.').waitFor();
      expect(await page.getByText('Devices reserved').count()).toBe(0);
      expect(await page.getByRole('button', { name: 'Cordon', exact: true }).isDisabled()).toBe(true);
      await keepSight('device-as-of');
      await page.getByRole('link', { name: 'Devices', exact: true }).click();
      await page.getByText(`As of position ${before}`).waitFor();
      expect(new URL(page.url()).searchParams.get('at')).toBe(String(before));
      await page.getByRole('button', { name: 'As of: past' }).click();
      await page.getByLabel('or a position of the journal').fill('');
      await page.getByRole('slider', { name: 'Back in time' }).fill('0');
      await page.getByRole('button', { name: 'Show the fleet as of then' }).click();
      await page.getByText('No device is like that').waitFor();
      await page.getByRole('button', { name: 'Back to now' }).click();
      await page.getByText('acting is off').waitFor({ state: 'detached' });
      expect(new URL(page.url()).searchParams.get('at')).toBeNull();
    });
  });
});

describe('a dashboard that is not open to all', () => {
  it('asks for the token, and shows and follows everything once it is given', async () => {
    await withOperator({}, async ({ page, open, giveToken }) => {
      const refusal = { error: { code: 'TOKEN_REQUIRED', message: 'this needs a token' } };
      await page.route(/\/(api|live)\//, (route) =>
        route.request().headers()['authorization'] === undefined ? route.fulfill({ status: 401, json: refusal }) : route.continue(),
      );
      await open('/devices');
      await page.getByText('TOKEN_REQUIRED').waitFor();
      await page.getByText('Not live: a token is needed').waitFor();
      await giveToken();
      await page.getByText('Live', { exact: true }).waitFor();
      await page.getByText(/^\d+ devices/).waitFor();
      expect(await page.getByRole('table', { name: 'Devices' }).getByRole('row').count()).toBeGreaterThan(5);
    });
  });
});

describe('a dashboard whose server goes away', () => {
  it('says so, and follows again when it is back', async () => {
    const { page, open, complaints, leave } = await anOperator(browser, system);
    await page.route('**/live/changes', (route) => route.abort());
    await open('/devices');
    await page.getByText('Not live: the server is away').waitFor();
    await page.unroute('**/live/changes');
    await page.getByText('Live', { exact: true }).waitFor();
    // Nothing but the connection that was cut.
    expect(complaints().filter((complaint) => !complaint.includes('ERR_FAILED'))).toEqual([]);
    await leave();
  });
});
