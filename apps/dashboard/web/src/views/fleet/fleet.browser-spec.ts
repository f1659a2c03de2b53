import { describe, expect, it } from '@jest/globals';
import { until } from '@vfleet/testing';
import { addHost } from '../../testing/made-up-host.js';
import { anOperatedSystem } from '../../testing/operated-system.js';
import { NARROW } from '../../testing/operator.js';

const EVIL = '<img src=x onerror=alert(1)>';
const MANY = 600;
const LAST = `more-${MANY - 1}`;

const scene = anOperatedSystem(3, async (system) => {
  for (let n = 0; n < MANY; n += 1) addHost(system, `more-${String(n).padStart(3, '0')}`, ['PORT', ...(n === 7 ? [EVIL] : [])]);
  system.tellVm('vm-a', { state: 'running', hostId: 'sim-01', sequence: 1, devices: [{ device: '10GE', count: 3 }] });
  await until('vm-a to hold devices', async () => (await system.ask('vms.get', { vmId: 'vm-a' })).reservation);
  await until('the made-up hosts', async () => (await system.ask('hosts.get', { hostId: LAST })).counts.total === 1);
});

/** The cells of a host's row, in the order of the columns. */
const rowOf = async (hostId: string): Promise<readonly string[]> =>
  scene.operator.page
    .getByRole('row')
    .filter({ has: scene.operator.page.getByRole('link', { name: hostId, exact: true }) })
    .getByRole('cell')
    .allTextContents();
const columns = (): Promise<readonly string[]> =>
  scene.operator.page.getByRole('table', { name: 'Fleet' }).getByRole('columnheader').allTextContents();
const cellOf = async (hostId: string, column: string): Promise<string | undefined> => (await rowOf(hostId))[(await columns()).indexOf(column)];

describe('the fleet', () => {
  it('shows for each host what is free of what it has, and follows what changes', async () => {
    const { page, open, keepSight } = scene.operator;
    await open('/fleet?host=sim');
    await page.getByText('3 hosts: 3 online').waitFor();
    expect([await cellOf('sim-01', '10GE'), await cellOf('sim-02', '10GE')]).toEqual(['5/8', '8/8']);
    expect(await columns()).not.toContain('8086:1572');
    scene.system.tellVm('vm-live', { state: 'running', hostId: 'sim-02', sequence: 1, devices: [{ device: 'GPU', count: 2 }] });
    await until('the GPUs to be taken', async () => (await cellOf('sim-02', 'GPU')) === '0/2');
    await keepSight('fleet-sims');
    await page.getByLabel('Also what no VM can have').check();
    await page.getByRole('columnheader', { name: '8086:1572' }).waitFor();
    expect(await cellOf('sim-01', '8086:1572')).toBe('·');
  });

  it('goes on as far as it is scrolled, and draws only what is in sight', async () => {
    const { page, open, keepSight } = scene.operator;
    await open('/fleet');
    await page.getByText(`${MANY + 3} hosts: ${MANY + 3} online`).waitFor();
    const scroller = page.getByRole('group', { name: 'Fleet' });
    await until('the last host', async () => {
      await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      return (await page.getByRole('link', { name: 'sim-03' }).count()) === 1;
    });
    expect(await page.getByRole('row').count()).toBeLessThan(60);
    await keepSight('fleet-end');
    await page.setViewportSize(NARROW);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(NARROW.width);
  });

  it('is narrowed to hosts, which stay in the address, and leads to them and to their devices', async () => {
    const { page, open } = scene.operator;
    await open('/fleet');
    await page.getByLabel('Host', { exact: true }).fill('MORE-00');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByText('10 hosts: 10 online').waitFor();
    await page.getByLabel('Has free').selectOption(EVIL);
    await page.getByText('1 host: 1 online').waitFor();
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({ host: 'MORE-00', freeOf: `name:${EVIL}` });
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    await page.getByLabel('State').selectOption('stale');
    await page.getByText('No host is like that').waitFor();
    await page.getByLabel('State').selectOption('');
    await page.getByRole('list', { name: 'Over all hosts' }).getByRole('link', { name: EVIL }).click();
    await page.getByText('1 device', { exact: true }).waitFor();
  });

  it('is shown as it was', async () => {
    const { page, open, keepSight } = scene.operator;
    const { reservation, devices } = await scene.system.ask('vms.get', { vmId: 'vm-a' });
    expect(reservation).not.toBeNull();
    const { items } = await scene.system.ask('devices.history', { deviceId: devices[0]?.deviceId ?? '' });
    const before = Number(items.find(({ type }) => type === 'DevicesReserved')?.position) - 1;
    await open(`/fleet?host=sim&at=${before}`);
    await page.getByText('3 hosts that had devices then').waitFor();
    expect(await cellOf('sim-01', '10GE')).toBe('8/8');
    await keepSight('fleet-as-of');
  });
});

describe('the capacity', () => {
  it('says what still fits on one host, and how often', async () => {
    const { page, open, keepSight } = scene.operator;
    await open('/capacity');
    const row = page.getByRole('row', { name: /^10GE SRIOV-VF/ });
    await row.getByText('8 on').waitFor();
    expect((await row.getByRole('cell').allTextContents()).slice(3)).toEqual(['21', '3', '0', '0', '8 on sim-03', '3', '10', '5', '2', '24 %']);
    await keepSight('capacity-row');
    await row.getByRole('link', { name: '10GE' }).click();
    await page.getByText('24 devices').waitFor();
  });
});

describe('the networks', () => {
  it('say which host can take over from which', async () => {
    const { page, open, keepSight } = scene.operator;
    await open('/networks');
    await page.getByLabel('Physical network').selectOption('physnet1');
    await page.getByText('3 hosts with virtual functions on physnet1').waitFor();
    await page.getByRole('button', { name: '2 hosts can take over from sim-01' }).click();
    const targets = page.getByRole('table', { name: 'Hosts that can take over' });
    await targets.getByRole('link', { name: 'sim-02' }).waitFor();
    expect(await targets.getByRole('link').allTextContents()).toEqual(['sim-02', 'sim-03']);
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({ network: 'physnet1', from: 'sim-01' });
    await keepSight('networks-take-over');
    await page.getByRole('button', { name: 'Close' }).click();
    await targets.waitFor({ state: 'detached' });
  });
});
