import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { until } from '@vfleet/testing';
import { addHost } from '../../testing/made-up-host.js';
import { anOperatedSystem } from '../../testing/operated-system.js';

const EVIL = '<img src=x onerror=alert(1)>';
const MANY = 1_250;

const scene = anOperatedSystem(2, async (system) => {
  addHost(system, 'big', [EVIL, ...Array.from({ length: MANY - 2 }, (_, at) => `port-${at}`), 'x'.repeat(128)]);
  system.tellVm('vm-a', { state: 'running', hostId: 'sim-01', sequence: 1, devices: [{ name: 'net', device: '10GE', count: 2 }] });
  await until('vm-a to hold devices', async () => (await system.ask('vms.get', { vmId: 'vm-a' })).reservation);
  await until('the made-up host', async () => (await system.ask('hosts.get', { hostId: 'big' })).counts.total === MANY);
});

const table = () => scene.operator.page.getByRole('table', { name: 'Devices' });

describe('an operator who looks for free VFs', () => {
  it('narrows the list by conditions, which stay in the address', async () => {
    const { page, open, keepSight } = scene.operator;
    await open('/devices');
    await page.getByLabel('Devices whose').selectOption('Function type');
    await page.getByLabel('is', { exact: true }).selectOption('vf');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByLabel('Devices whose').selectOption('State');
    await page.getByLabel('is', { exact: true }).selectOption('available');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByText('14 devices').waitFor();
    expect(new URL(page.url()).search).toBe('?f.functionType=vf&f.state=available');
    await page.reload();
    await page.getByText('14 devices').waitFor();
    await keepSight('devices-free-vfs');
    await page.getByRole('button', { name: 'Without State: available' }).click();
    await page.getByText('16 devices').waitFor();
  });

  it('may say in CEL what the keys cannot, and is told what is wrong with it', async () => {
    const { page, open, keepSight } = scene.operator;
    await open('/devices?f.hostId=sim-01');
    await page.getByLabel('where (CEL over device)').fill('device.numaNode == 1 && device.deviceType == "GPU-HPC"');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('2 devices').waitFor();
    await page.getByLabel('where (CEL over device)').fill('device.numanode == 1');
    await page.getByRole('button', { name: 'Apply' }).click();
    const refusal = page.getByRole('alert');
    await refusal.getByText('INVALID_REQUEST').waitFor();
    expect(await refusal.getByRole('listitem').textContent()).toMatch(/^where .*numaNode/);
    await keepSight('devices-refused');
  });

  it('takes them all away as CSV', async () => {
    const { page, open } = scene.operator;
    await open('/devices?f.functionType=vf');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(download.suggestedFilename()).toBe('devices.csv');
    expect(lines).toHaveLength(17);
    expect(lines[0]).toMatch(/^hostId,address,name,state/);
  });
});

describe('the list of devices', () => {
  it('goes on as far as it is scrolled, and draws only what is in sight', async () => {
    const { page, open } = scene.operator;
    await open('/devices?f.hostId=big');
    await page.getByText('200 or more devices').waitFor();
    const scroller = page.getByRole('group', { name: 'Devices' });
    await until('the whole list', async () => {
      await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      return (await page.getByText(`${MANY} devices`).count()) > 0;
    });
    await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await table().getByText('x'.repeat(128)).waitFor();
    expect(await table().getByRole('row').count()).toBeLessThan(60);
    await page.getByText('too many to be followed live').waitFor();
  });

  it('shows a name that is written like a page as what it is: text', async () => {
    const { page, open, keepSight } = scene.operator;
    let alerted = false;
    page.on('dialog', (dialog) => ((alerted = true), void dialog.dismiss()));
    await open('/devices?f.hostId=big');
    await table().getByText(EVIL, { exact: true }).waitFor();
    await table().getByRole('link', { name: '0000:10:00.0' }).click();
    await page.getByRole('heading', { level: 1, name: EVIL }).waitFor();
    await keepSight('device-evil-name');
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(await page.title()).toContain(EVIL);
    expect(alerted).toBe(false);
  });
});

describe('an operator who has found a device', () => {
  it('follows it to its holder, and back to the device that serves the wish', async () => {
    const { page, open, keepSight } = scene.operator;
    await open('/devices?f.vmId=vm-a');
    await table().getByRole('link', { name: '0000:' }).first().click();
    await page.getByRole('heading', { name: 'PF and VFs' }).waitFor();
    await page.getByRole('region', { name: 'Identity' }).getByText('serial:pci').waitFor();
    await page.getByRole('heading', { name: 'Holders over time' }).waitFor();
    await page.getByText('holds it').waitFor();
    await page.getByText('Device discovered').waitFor();
    await keepSight('device');
    await page.getByRole('link', { name: 'vm-a' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'vm-a' }).waitFor();
    await page.getByText('net: 10GE, 2 of them').waitFor();
    const served = page.getByRole('table', { name: 'Which device serves which wish' });
    expect(await served.getByRole('row', { name: /^net/ }).count()).toBe(2);
    await served.getByRole('link').first().click();
    await page.getByRole('heading', { level: 1, name: '10GE' }).waitFor();
  });

  it('sees the other members of its IOMMU group, and the boxes of all groups of its host', async () => {
    const { page, open, keepSight } = scene.operator;
    await open('/hosts/sim-02');
    await page.getByRole('link', { name: '0000:81:00.0' }).click();
    await page.getByRole('heading', { name: 'IOMMU group 51' }).waitFor();
    await page.getByRole('region', { name: 'IOMMU group 51' }).getByRole('link', { name: '0000:81:00.1' }).waitFor();
    await page.getByRole('link', { name: 'sim-02' }).first().click();
    await page.getByRole('tab', { name: 'IOMMU groups' }).click();
    await page.getByRole('region', { name: 'IOMMU group 51' }).getByRole('link', { name: '0000:81:00.1' }).waitFor();
    await keepSight('host-iommu-groups');
    await page.getByRole('tab', { name: 'NUMA nodes' }).click();
    await page.getByRole('region', { name: 'NUMA node 1' }).getByRole('link', { name: '0000:81:00.0' }).waitFor();
    await keepSight('host-numa');
    await page.getByRole('tab', { name: 'VFs per PF' }).click();
    await page.getByRole('row', { name: /0000:02:00\.0 ens1f0 physnet1 4 0 4/ }).waitFor();
    expect(new URL(page.url()).search).toBe('?show=vfs');
  });
});

describe('the search box', () => {
  const search = async (text: string): Promise<void> => {
    await scene.operator.page.getByRole('searchbox', { name: 'Search' }).fill(text);
    await scene.operator.page.keyboard.press('Enter');
  };
  const heading = (name: string): Promise<void> => scene.operator.page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

  it('leads to hosts, VMs and devices', async () => {
    await scene.operator.open('/devices');
    await search('sim-02');
    await heading('sim-02');
    await search('vm-a');
    await heading('vm-a');
    await search('0000:10:05.0');
    await heading('0000:10:05.0, port-4');
    expect(new URL(scene.operator.page.url()).pathname).toMatch(/^\/devices\/[0-9a-f]{20}$/);
  });

  it('lists what is meant where several things are called so, and says when nothing is', async () => {
    await scene.operator.open('/devices');
    await search('0000:02:02.0');
    await scene.operator.page.getByText('device of sim-02').waitFor();
    expect(await scene.operator.page.getByText(/^device of sim-/).count()).toBe(2);
    await search('no-such-thing');
    await scene.operator.page.getByText('Nothing is called so').waitFor();
  });
});
