import { describe, expect, it } from '@jest/globals';
import { until } from '@vfleet/testing';
import { playPlatform } from '../../testing/made-up-platform.js';
import { anOperatedSystem } from '../../testing/operated-system.js';

const scene = anOperatedSystem(3, playPlatform);

const startVm = async (vmId: string, hostId: string, devices: readonly object[]): Promise<void> => {
  scene.system.tellVm(vmId, { state: 'running', hostId, sequence: 1, devices });
  await until(`${vmId} to hold devices`, async () => (await scene.system.ask('vms.get', { vmId })).reservation);
};

describe('a VM that is looked at', () => {
  it('appears when it starts, without the page being loaded again', async () => {
    const { page, open, keepSight } = scene.operator;
    await page.goto('/vms/vm-new');
    await page.getByText('VM_NOT_FOUND').first().waitFor();
    await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
    scene.system.tellVm('vm-new', { state: 'running', hostId: 'sim-01', sequence: 1, devices: [{ name: 'gpu', device: 'GPU' }] });
    await page
      .getByRole('row', { name: /^gpu 0000:8/ })
      .first()
      .waitFor();
    await page.getByText('goes along with its IOMMU group').waitFor();
    await page.getByText('Devices reserved').waitFor();
    expect(await page.evaluate(() => 'sameDocument' in globalThis)).toBe(true);
    await keepSight('vm');
    await open('/devices?f.vmId=vm-new');
    await page.getByText('2 devices').waitFor();
  });

  it('that was refused its devices says why, in its events', async () => {
    const { page, open } = scene.operator;
    scene.system.tellVm('vm-no', { state: 'starting', hostId: 'sim-01', sequence: 1, devices: [{ device: '10GE', count: 60 }] });
    await until('the refusal', async () =>
      (await scene.system.ask('vms.history', { vmId: 'vm-no' })).items.some(({ type }) => type === 'ReservationRejected'),
    );
    await open('/vms/vm-no');
    await page.getByText('Reservation rejected').waitFor();
    await page
      .getByText(/UNSATISFIABLE/)
      .first()
      .waitFor();
  });
});

describe('an operator who asks why not', () => {
  it('reads what stands in the way on how many hosts, and of one host device by device', async () => {
    const { page, open, keepSight } = scene.operator;
    await startVm('vm-why', 'sim-03', [{ device: 'GPU', count: 2 }]);
    await open('/why-not');
    await page.getByLabel('Devices', { exact: true }).fill('[{"name": "gpus", "device": "GPU", "count": 3}]');
    await page.getByRole('button', { name: 'Ask every host' }).click();
    await page.getByRole('heading', { name: 'No host can serve it' }).waitFor();
    expect(await page.getByRole('table', { name: 'Why hosts cannot serve it' }).getByRole('row').nth(1).textContent()).toMatch(/^NO_MATCH3/);
    await page.getByLabel('Explain one host').last().fill('sim-03');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByText('The nearest miss').waitFor();
    await page.getByText('asked 3, matching 2, free 0').waitFor();
    const considered = page.getByRole('table', { name: 'Devices considered for gpus' });
    expect(await considered.getByRole('row', { name: /DEVICE_IN_USE held by vm-why/ }).count()).toBe(2);
    await keepSight('why-not');
  });

  it('is told which field of the wish is wrong', async () => {
    const { page, open } = scene.operator;
    await open('/why-not?devices=[{"device":"GPU","colour":"red"}]');
    await page.getByRole('alert').getByText('INVALID_REQUEST').waitFor();
    expect(await page.getByRole('alert').getByRole('listitem').first().textContent()).toMatch(/^devices\[0\]\.colour /);
    await open('/why-not?devices=[{');
    await page.getByText('Which devices would a VM want?').waitFor();
  });
});

describe('an operator who moves a VM', () => {
  it('sees the plan, starts it, and watches its steps until it is done', async () => {
    const { page, open, giveToken, keepSight } = scene.operator;
    await startVm('vm-move', 'sim-01', [{ name: 'net', device: '10GE', count: 2 }]);
    await open('/vms/vm-move');
    await giveToken();
    await page.getByRole('link', { name: 'Migrate…' }).click();
    await page.getByLabel('Target host').fill('sim-02');
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await page.getByText('move the VM to sim-02').waitFor();
    expect(await page.getByRole('list', { name: 'Steps' }).getByRole('listitem').count()).toBe(9);
    await keepSight('migration-plan');
    expect((await scene.system.ask('migrations.list', { filter: { vmId: 'vm-move' } })).items).toEqual([]);
    await page.getByRole('button', { name: 'Start: move vm-move to sim-02' }).click();
    await page.getByRole('heading', { level: 1, name: 'Migration of vm-move' }).waitFor();
    await page.getByText('Migration completed').waitFor();
    await page.getByText('completed', { exact: true }).waitFor();
    expect(await page.getByRole('region', { name: 'Steps' }).getByText('Hostdev plugged').count()).toBe(2);
    await keepSight('migration');
    await page.getByRole('link', { name: 'sim-02' }).first().click();
    await page.getByRole('link', { name: 'vm-move' }).first().waitFor();
  });

  it('is told what stands in the way, and cannot start', async () => {
    const { page, open } = scene.operator;
    await startVm('vm-stay', 'sim-02', [{ device: 'DONGLE' }]);
    await open('/migrations?plan=vm-stay');
    await page.getByLabel('Target host').fill('sim-02');
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await page.getByText('SAME_HOST').waitFor();
    expect(await page.getByRole('button', { name: /^Start/ }).isDisabled()).toBe(true);
  });
});

describe('an operator who drains a host', () => {
  it('reads first who would move where, then starts it and puts the host back', async () => {
    const { page, open, giveToken, keepSight } = scene.operator;
    await startVm('vm-drain', 'sim-03', [{ device: 'NVME' }]);
    await startVm('vm-fixed', 'sim-03', [{ device: 'FPGA', migration: { mode: 'forbid' } }]);
    await open('/drain');
    await page.getByLabel('Host', { exact: true }).fill('sim-03');
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page
      .getByRole('table', { name: 'Who moves where' })
      .getByRole('row', { name: /vm-drain sim-0[12] not started/ })
      .waitFor();
    await page
      .getByRole('table', { name: 'What stands in the way' })
      .getByRole('row', { name: /vm-fixed MIGRATION_FORBIDDEN/ })
      .waitFor();
    await keepSight('drain-dry-run');
    expect((await scene.system.ask('hosts.get', { hostId: 'sim-03' })).state).toBe('online');
    await giveToken();
    await page.getByRole('button', { name: 'Start the drain' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Drain sim-03' }).click();
    await page.getByText('sim-03 is being drained').waitFor();
    await page.getByText('draining', { exact: true }).waitFor();
    await until('vm-drain to be away', async () => (await scene.system.ask('vms.get', { vmId: 'vm-drain' })).hostId !== 'sim-03');
    await page.getByRole('button', { name: 'Put back' }).click();
    await page.getByText('sim-03 takes VMs again').waitFor();
  });
});
