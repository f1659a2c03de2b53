import { describe, expect, it } from '@jest/globals';
import { until } from '@vfleet/testing';
import { anOperatedSystem } from '../../testing/operated-system.js';

// Nobody plays the platform here: each spec says itself where its VM is.
const scene = anOperatedSystem(2);

/** Any of a host's ports do: each spec leaves one taken on one host. */
const says = (vmId: string, hostId: string): void =>
  scene.system.tellVm(vmId, {
    state: 'running',
    hostId,
    occurredAt: new Date().toISOString(),
    devices: [{ name: 'net', device: '10GE', placement: 'any' }],
  });

/** What goes wrong on a simulated host for one VM, from now on; nothing where `fault` is left out. */
const simulate = async (hostId: string, fault: object = {}): Promise<void> => {
  const reply = await scene.system.nats.request(`vfleet.agent.${hostId}.simulate`, JSON.stringify({ clear: true, ...fault }));
  if (reply.headers?.get('Nats-Service-Error-Code')) throw new Error(reply.string());
};

const stepOf = (migrationId: string, step: string): Promise<unknown> =>
  until(`${step} of ${migrationId}`, async () => (await scene.system.ask('migrations.get', { migrationId })).steps.some((one) => one.step === step));

/** A VM on sim-01 whose move to sim-02 has come so far that its platform is asked for its part. */
const aMove = async (vmId: string): Promise<string> => {
  says(vmId, 'sim-01');
  await until(`${vmId} to hold its port`, async () => (await scene.system.ask('vms.get', { vmId })).reservation);
  const { migrationId } = await scene.system.ask('migrations.start', { vmId, targetHostId: 'sim-02' });
  await stepOf(migrationId, 'VmMigrationReady');
  return migrationId;
};

/** The same, after the VM has moved and its device could not be plugged on the target. */
const aFailedMove = async (vmId: string): Promise<string> => {
  await simulate('sim-02', { vmId, verb: 'attach', failCode: 'DRIVER_ERROR' });
  const migrationId = await aMove(vmId);
  says(vmId, 'sim-02');
  await stepOf(migrationId, 'MigrationFailed');
  return migrationId;
};

/** Opens a move with the right to act, presses a button and confirms what it asks. */
const act = async (migrationId: string, label: string): Promise<void> => {
  const { page, open, giveToken } = scene.operator;
  await open(`/migrations/${migrationId}`);
  await giveToken();
  await page.getByRole('button', { name: label, exact: true }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `${label} the migration` })
    .click();
};

const offered = async (): Promise<readonly string[]> => {
  const { page } = scene.operator;
  const names = await page.getByRole('button', { name: /^(Cancel|Retry|Resolve)$/ }).allTextContents();
  return names.toSorted();
};

const stateOf = async (migrationId: string): Promise<string> => (await scene.system.ask('migrations.get', { migrationId })).state;

describe('an operator who looks at a move that goes on', () => {
  it('cancels it, and sees the VM stay where it is with its device plugged again', async () => {
    const { page, keepSight } = scene.operator;
    const migrationId = await aMove('vm-cancel');
    await act(migrationId, 'Cancel');
    await page.getByText('Migration cancelled').waitFor();
    await page.getByText('cancelled', { exact: true }).waitFor();
    await page.getByRole('table', { name: 'Devices' }).getByText('attached at the source').waitFor();
    expect(await offered()).toEqual([]);
    await keepSight('migration-cancelled');
    expect(await scene.system.ask('vms.get', { vmId: 'vm-cancel' })).toMatchObject({ hostId: 'sim-01', reservation: { hostId: 'sim-01' } });
  });

  it('changes nothing by saying no when asked', async () => {
    const { page, open, giveToken } = scene.operator;
    const migrationId = await aMove('vm-doubt');
    await open(`/migrations/${migrationId}`);
    await giveToken();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('dialog').getByText('vm-doubt stays where it is and gets its devices back').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Do nothing' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await offered()).toEqual(['Cancel']);
    says('vm-doubt', 'sim-02');
    await page.getByText('Migration completed').waitFor();
  });
});

describe('an operator who looks at a move that has failed', () => {
  it('reads why, retries it when the cause is gone, and sees it completed', async () => {
    const { page, open, keepSight } = scene.operator;
    const migrationId = await aFailedMove('vm-retry');
    await open(`/migrations/${migrationId}`);
    await page.getByRole('alert').waitFor();
    await page.getByText('failed', { exact: true }).waitFor();
    expect(await offered()).toEqual(['Resolve', 'Retry']);
    await keepSight('migration-failed');
    await simulate('sim-02');
    await act(migrationId, 'Retry');
    await page.getByText('Migration completed').waitFor();
    await page.getByText('completed', { exact: true }).waitFor();
    expect(await offered()).toEqual([]);
    expect(await stateOf(migrationId)).toBe('completed');
  });

  it('sees a retry fail again while the cause is there', async () => {
    const { page } = scene.operator;
    const migrationId = await aFailedMove('vm-again');
    await act(migrationId, 'Retry');
    await until('the second failure', async () => {
      const { steps } = await scene.system.ask('migrations.get', { migrationId });
      return steps.filter(({ step }) => step === 'MigrationFailed').length === 2;
    });
    await page.getByText('Migration failed').nth(1).waitFor();
    await page.getByRole('button', { name: 'Retry', exact: true }).waitFor();
    expect(await stateOf(migrationId)).toBe('failed');
  });

  it('resolves it after seeing to the VM, and is offered nothing more', async () => {
    const { page, keepSight } = scene.operator;
    const migrationId = await aFailedMove('vm-resolve');
    await act(migrationId, 'Resolve');
    await page.getByText('Migration resolved').waitFor();
    await page.getByRole('button', { name: 'Resolve', exact: true }).waitFor({ state: 'hidden' });
    expect(await offered()).toEqual([]);
    await keepSight('migration-resolved');
  });
});
