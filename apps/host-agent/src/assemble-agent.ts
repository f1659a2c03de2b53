import { Agent } from './agent.js';
import { commandDesk, type CommandDesk } from './commands/command-desk.js';
import { commandJournal } from './commands/command-journal.js';
import type { QmpSettings } from './configuration/hypervisor-settings.js';
import { hostChanges } from './host-changes.js';
import type { HypervisorDriver } from './hypervisor/driver.js';
import { openDriver } from './hypervisor/open-driver.js';
import { within } from './hypervisor/time-left.js';
import { withBinding, type BindingDriver } from './hypervisor/with-binding.js';
import { borrowedDevices } from './kernel/borrowed-devices.js';
import { driverBinding } from './kernel/driver-binding.js';
import type { SysfsWriter } from './kernel/sysfs-writer.js';
import { createPublisher } from './publisher.js';
import type { RunOptions } from './run-agent.js';
import { fileBeside } from './state-file.js';

/** An agent, and the hypervisor that it orders about. */
export const assembleAgent = (options: RunOptions, failed: (what: string) => (error: unknown) => void) => {
  const { configuration, client, writer, watch, log } = options;
  const { hostId, sysfsRoot, procRoot, hypervisor: settings, stateFile } = configuration;
  const publisher = createPublisher({ hostId, log, watch, send: (subject, data, carried) => client.publishFact(subject, data, carried) });
  const lookForLate = (): void => {
    desk.lookForLate().catch(failed('attachments not compared'));
    tidyUp().catch(failed('devices not given back to their drivers'));
  };
  const surroundings = { addressOf: (deviceId: string) => agent.locate(deviceId)?.address, changed: lookForLate };
  const opened = openDriver(settings, surroundings, fileBeside(stateFile, 'hypervisor.json'), log);
  const binding = writer && settings.driver === 'qmp' ? bindFor(opened, settings, options, () => agent, writer) : undefined;
  const hypervisor = binding ?? opened;
  const tidyUp = async (): Promise<void> => binding?.tidyUp();
  const agent = new Agent({ ...options, publisher, ...(settings.driver !== 'none' && seenBy(hypervisor)) });
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
  return { agent, desk, hypervisor, changes, lookForLate, stop };
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
  return withBinding(driver, binding, (address) => Object.hasOwn(models, address));
};

const seenBy = (hypervisor: HypervisorDriver) => ({
  attachments: () => hypervisor.attachments(),
  describeHypervisor: () => hypervisor.describe(),
});
