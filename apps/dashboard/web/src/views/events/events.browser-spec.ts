import { describe, expect, it } from '@jest/globals';
import { until } from '@vfleet/testing';
import { anOperatedSystem } from '../../testing/operated-system.js';

const EVIL = 'not json <img src=x onerror=alert(1)>';

let started = 0;

/** Starts a VM, which shows as two events. */
const startVm = (hostId: string): string => {
  const vmId = `vm-${(started += 1)}`;
  scene.system.tellVm(vmId, { state: 'running', hostId, sequence: 1, devices: [{ device: '10GE' }] });
  return vmId;
};

const scene = anOperatedSystem(2);

const rows = () => scene.operator.page.getByRole('table', { name: 'Events' }).getByRole('row');

describe('the tail of the events', () => {
  it('shows what has been, and what happens as it happens, with all that was said', async () => {
    const { page, open, keepSight } = scene.operator;
    await open('/events');
    await page.getByText('Device discovered').first().waitFor();
    const vmId = startVm('sim-01');
    const reserved = rows().filter({ hasText: vmId }).getByRole('button', { name: 'Devices reserved' });
    await reserved.click();
    await page
      .getByRole('region', { name: /^Devices reserved, position/ })
      .getByText(`"vmId": "${vmId}"`)
      .waitFor();
    await keepSight('events-tail');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('link', { name: vmId }).first().click();
    await page.getByRole('heading', { level: 1, name: vmId }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/vms/${vmId}`);
  });

  it('follows only what is chosen, which stays in the address', async () => {
    const { page, open } = scene.operator;
    await open('/events');
    await page.getByLabel('About').selectOption('vm');
    await page.getByLabel('Host', { exact: true }).fill('sim-02');
    await page.getByLabel('Event', { exact: true }).fill('DevicesReserved');
    await page.getByRole('button', { name: 'Follow' }).click();
    const [other, mine] = [startVm('sim-01'), startVm('sim-02')];
    await rows().filter({ hasText: mine }).waitFor();
    expect(await rows().filter({ hasText: other }).count()).toBe(0);
    expect(await page.getByText('Device discovered').count()).toBe(0);
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({ context: 'vm', host: 'sim-02', type: 'DevicesReserved' });
  });

  it('stands still while it is paused, says what waits, and goes on without a gap', async () => {
    const { page, open, keepSight } = scene.operator;
    await open('/events?type=DevicesReserved');
    // Everything that has been, up to the newest.
    await rows()
      .filter({ hasText: `vm-${started}` })
      .waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const before = await rows().count();
    const vmId = startVm('sim-01');
    await page.getByText('Paused: 1 event since').waitFor();
    expect(await rows().count()).toBe(before);
    await keepSight('events-paused');
    await page.getByRole('button', { name: 'Go on' }).click();
    await rows().filter({ hasText: vmId }).waitFor();
    expect(await rows().count()).toBe(before + 1);
  });
});

describe('an operator who finds a fact among the dead letters', () => {
  const letters = () => scene.operator.page.getByRole('table', { name: 'Dead letters' });
  const count = async (): Promise<number> => (await scene.system.ask('deadletters.list', {})).items.length;

  it('looks at its bytes, as text and one by one', async () => {
    const { page, open, keepSight } = scene.operator;
    scene.system.nats.publish('vfleet.in.vm.vm-x.VmStateChanged', EVIL);
    await until('the dead letter', async () => (await count()) === 1);
    await open('/dead-letters');
    await page.getByRole('button', { name: 'Look at NOT_JSON of vfleet.in.vm.vm-x.VmStateChanged' }).click();
    const payload = page.getByRole('group', { name: 'Payload' });
    await payload.getByText(EVIL).waitFor();
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    await page.getByText('hex', { exact: true }).click();
    await payload.getByText('6e 6f 74 20').waitFor();
    await keepSight('dead-letter-hex');
    expect(new URL(page.url()).searchParams.get('id')).not.toBeNull();
  });

  it('discards it after a question, with the token', async () => {
    const { page, open, giveToken, keepSight } = scene.operator;
    await open('/dead-letters');
    await giveToken();
    await letters()
      .getByRole('button', { name: /^Look at NOT_JSON/ })
      .click();
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Discard it?' });
    await keepSight('dead-letter-discard');
    await dialog.getByRole('button', { name: 'Do nothing' }).click();
    expect(await count()).toBe(1);
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await dialog.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('No dead letter').waitFor();
    expect(await count()).toBe(0);
  });

  it('sends it again, and finds it here again where it is still refused', async () => {
    const { page, open, giveToken } = scene.operator;
    scene.system.tellVm('vm-y', { state: 'flying' });
    await until('the dead letter', async () => (await count()) === 1);
    const [letter] = (await scene.system.ask('deadletters.list', {})).items;
    await open('/dead-letters');
    await giveToken();
    await letters()
      .getByRole('button', { name: /^Look at INVALID_FACT/ })
      .click();
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click();
    await page.getByText('Sent again to vfleet.in.vm.vm-y.VmStateChanged').waitFor();
    await until('another dead letter', async () => {
      const { items } = await scene.system.ask('deadletters.list', {});
      return items.length === 1 && items[0]?.id !== letter?.id;
    });
    await page.getByRole('button', { name: 'Look again' }).click();
    await letters()
      .getByRole('button', { name: /^Look at INVALID_FACT/ })
      .waitFor();
  });
});
