import { Agent } from './agent.js';
import { beginEpoch } from './begin-epoch.js';
import { commandDesk, type CommandDesk } from './commands/command-desk.js';
import { commandJournal } from './commands/command-journal.js';
import type { HypervisorSettings, QmpSettings } from './configuration/hypervisor-settings.js';
import { deviceResets, type DeviceResets } from './device-resets.js';
import type { DeviceReset } from './domain/reset-plan.js';
import { hostChanges } from './host-changes.js';
import type { HypervisorDriver } from './hypervisor/driver.js';
import { openDriver } from './hypervisor/open-driver.js';
import { within } from './hypervisor/time-left.js';
import { withBinding, type BindingDriver } from './hypervisor/with-binding.js';
import { withReset } from './hypervisor/with-reset.js';
import { borrowedDevices } from './kernel/borrowed-devices.js';
import { deviceReset } from './kernel/device-reset.js';
import { driverBinding } from './kernel/driver-binding.js';
import { forgetResets, resetRecordFile } from './kernel/reset-record.js';
import type { SysfsWriter } from './kernel/sysfs-writer.js';
import { createPublisher } from './publisher.js';
import type { RunOptions } from './run-agent.js';
import { fileBeside } from './state-file.js';

/** An agent, and the hypervisor that it orders about. */
export const assembleAgent = (options: RunOptions, failed: (what: string) => (error: unknown) => void) => {
  const { configuration, client, writer, watch, log } = options;
  const { hostId, sysfsRoot, procRoot, hypervisor: settings, stateFile } = configuration;
  const epoch = beginEpoch(fileBeside(stateFile, 'epoch'), hostId, log);
  const publisher = createPublisher({ hostId, epoch, log, watch, send: (subject, data, carried) => client.publishFact(subject, data, carried) });
  const lookForLate = (): void => {
    desk.lookForLate().catch(failed('attachments not compared'));
    tidyUp().catch(failed('devices not given back to their drivers'));
  };
  const surroundings = { addressOf: (deviceId: string) => agent.locate(deviceId)?.address, changed: lookForLate };
  const opened = openDriver(settings, surroundings, fileBeside(stateFile, 'hypervisor.json'), log);
  const resets = resetsFor(options, () => agent);
  const resetting = resets && withReset(opened, resets);
  const bare = resetting?.inner ?? opened;
  const binding = writer && settings.driver === 'qmp' ? bindFor(bare, settings, options, () => agent, writer, resets) : undefined;
  const hypervisor = resetting?.admitting(binding ?? bare) ?? binding ?? bare;
  const tidyUp = async (): Promise<void> => binding?.tidyUp();
  const agent = new Agent({ ...options, publisher, resets, ...(settings.driver !== 'none' && seenBy(hypervisor)) });
  const desk: CommandDesk = commandDesk({
    hostId,
    journal: commandJournal({ path: fileBeside(stateFile, 'commands.jsonl'), complain: failed('commands taken before cannot be read') }),
    driver: hypervisor,
    locate: (deviceId) => agent.locate(deviceId),
    publish: (fact, data) => agent.tellOutcome(fact, data),
    attest: () => agent.attest(),
    watch,
    log,
  });
  watch?.watch(hostId, { devices: () => agent.devices.length, waiting: () => publisher.waiting }, client.nats);
  const stop = async (): Promise<void> => {
    publisher.stop();
    await hypervisor.close();
  };
  const changes = writer && hostChanges({ hostId, sysfsRoot, procRoot, writer, agent, desk, hypervisor, client, log });
  return { agent, desk, hypervisor, changes, resets, lookForLate, stop };
};

/** A hypervisor that only simulates touches no device. */
const resetUnlessTold = ({ driver }: HypervisorSettings): DeviceReset => (driver === 'qmp' || driver === 'libvirt' ? 'try' : 'off');

/** Undefined where nothing is to be reset; what was to be is forgotten then. */
const resetsFor = ({ configuration, writer, log }: RunOptions, agent: () => Agent): DeviceResets | undefined => {
  const { hostId, sysfsRoot, procRoot, hypervisor, stateFile, deviceReset: mode = resetUnlessTold(hypervisor) } = configuration;
  const path = fileBeside(stateFile, 'resets.json');
  if (mode === 'off') {
    forgetResets(path);
    return undefined;
  }
  const complain = (error: unknown): void =>
    log.error({ hostId, err: (error as Error).message }, 'which devices VMs have left without a reset is not known');
  const { models = {} } = hypervisor as Partial<QmpSettings>;
  return deviceResets({
    hostId,
    devices: () => agent().devices,
    reset: writer ? deviceReset({ sysfsRoot, procRoot, writer, mode }) : async () => ({ waits: 'its agent only looks', soon: false }),
    record: resetRecordFile(path, procRoot, complain),
    isStandIn: (address) => Object.hasOwn(models, address),
    changed: () => agent().tellNotReset(),
    log,
  });
};

/** Facts that the bus does not take yet do not keep a VM waiting. */
const LONGEST_LOOK_MS = 2_000;

/** QEMU binds nothing by itself, as libvirt does. */
const bindFor = (
  driver: HypervisorDriver,
  { models = {} }: QmpSettings,
  { configuration: { hostId, sysfsRoot, procRoot, stateFile }, log }: RunOptions,
  agent: () => Agent,
  writer: SysfsWriter,
  resets: DeviceResets | undefined,
): BindingDriver => {
  const borrowed = borrowedDevices(fileBeside(stateFile, 'borrowed.json'), (error) =>
    log.error({ hostId, err: (error as Error).message }, 'which devices were bound for VMs is not known'),
  );
  const binding = driverBinding({
    hostId,
    sysfsRoot,
    procRoot,
    writer,
    borrowed,
    devices: () => agent().devices,
    look: () => within(agent().rescan(), LONGEST_LOOK_MS, 0),
    unsafeIommuGroups: () => agent().unsafeIommuGroups,
    changed: () =>
      void agent()
        .rescan()
        .catch((error: Error) => log.error({ hostId, err: error.message }, 'rescan failed')),
    log,
  });
  return withBinding(
    driver,
    binding,
    (address) => Object.hasOwn(models, address),
    () => resets?.addresses ?? [],
  );
};

const seenBy = (hypervisor: HypervisorDriver) => ({
  attachments: () => hypervisor.attachments(),
  describeHypervisor: () => hypervisor.describe(),
});
