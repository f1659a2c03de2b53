import { Agent } from '@vfleet/host-agent/agent';
import { commandDesk, type CommandDesk } from '@vfleet/host-agent/commands/command-desk';
import type { CommandJournal } from '@vfleet/host-agent/commands/command-journal';
import type { Configuration } from '@vfleet/host-agent/configuration/config';
import type { TakenCommand } from '@vfleet/host-agent/domain/hostdev-command';
import type { SeenDevice } from '@vfleet/host-agent/domain/observe';
import { failed, type DeviceOrder, type HypervisorDriver, type Outcome } from '@vfleet/host-agent/hypervisor/driver';
import { NO_NAMES } from '@vfleet/host-agent/names';
import { createPublisher } from '@vfleet/host-agent/publisher';
import { agentSubject, type HostdevCommand } from '@vfleet/contracts';
import type { Logger } from 'pino';
import type { Link } from '../bus/bus.js';
import type { Life } from '../time/life.js';
import type { Fleet } from './fleet.js';
import type { Surroundings } from './process.js';

/** What a host keeps over the end of its agent. */
export interface Disk {
  readonly commands: Map<string, TakenCommand>;
  devices: readonly SeenDevice[] | undefined;
}

export const aDisk = (): Disk => ({ commands: new Map(), devices: undefined });

export interface AgentOptions {
  readonly surroundings: Surroundings;
  readonly fleet: Fleet;
  readonly hostId: string;
  readonly link: Link;
  readonly disk: Disk;
  /** What the guests of this host do with the next order. */
  readonly humour: () => 'willing' | 'refusing' | 'silent';
  readonly onOrder: (command: HostdevCommand, verb: string) => void;
}

const HEARTBEAT_SECONDS = 1;
const RESCAN_MS = 3_000;
/** What a guest takes to let a device go, or to take it. */
const GUEST_MS = 200;

/** Starts a host's agent as the program does, over the machine as it really is. */
export const startAgent = (options: AgentOptions, name: string): Life => {
  const { surroundings, hostId, link, disk, fleet } = options;
  const { world, bus } = surroundings;
  const life = world.begin(name);
  const log = logOf(options);
  const publisher = createPublisher({ hostId, log, send: (subject, data, { msgId }) => bus.publishFact(life, link, subject, data, msgId) });
  const driver = driverOf(options);
  const machine = fleet.machine(hostId);
  const agent = new Agent({
    configuration: configurationOf(hostId),
    hardware: { scan: () => machine.scan(), describeHost: () => ({ hostname: hostId, numaNodes: [{ id: 0 }] }) },
    names: NO_NAMES,
    publisher,
    state: { load: () => disk.devices, save: (devices) => void (disk.devices = devices) },
    version: 'simulation',
    log,
    attachments: () => driver.attachments(),
    describeHypervisor: () => driver.describe(),
  });
  const desk = commandDesk({
    hostId,
    journal: journalOn(disk),
    driver,
    locate: (deviceId) => agent.locate(deviceId),
    publish: (fact, data) => agent.tellOutcome(fact, data),
    attest: () => agent.attest(),
    log,
  });
  world.as(life, () => void run(options, life, agent, desk));
  return life;
};

const run = async (
  { surroundings: { bus }, hostId, link, disk, fleet, onOrder }: AgentOptions,
  life: Life,
  agent: Agent,
  desk: CommandDesk,
): Promise<void> => {
  void agent.known.then(() => desk.open());
  for (const verb of ['attach', 'detach'] as const)
    bus.serve(life, link, agentSubject(hostId, `hostdev.${verb}`), (command: HostdevCommand) => {
      onOrder(command, verb);
      return desk.accept(`hostdev.${verb}`, command);
    });
  bus.serve(life, link, agentSubject(hostId, 'probe'), ({ full = false }: { readonly full?: boolean }) => agent.probe(full));
  await agent.start(fleet.machine(hostId).scan(), disk.devices ?? []);
  setInterval(() => void agent.heartbeat().then(() => desk.lookForLate(), nothing), HEARTBEAT_SECONDS * 1_000);
  setInterval(() => void agent.rescan().catch(nothing), RESCAN_MS);
};

const nothing = (): void => undefined;

const configurationOf = (hostId: string): Configuration =>
  ({ hostId, heartbeatSeconds: HEARTBEAT_SECONDS, unsafeIommuGroups: false, labels: { rules: NETWORKS } }) as unknown as Configuration;

/** Every port reaches one network, so that any of them can take the place of another. */
const NETWORKS = [
  { selects: ({ class: code }: { readonly class?: unknown }) => typeof code === 'string' && code.startsWith('02'), physicalNetwork: 'net-a' },
];

const logOf = ({ surroundings, hostId }: AgentOptions): Logger => {
  const say = (fields: object, message: string): void => surroundings.log(`agent ${hostId}`, message, fields);
  return { info: say, warn: say, error: say } as unknown as Logger;
};

/** Lines on a disk that a crash leaves as they are. */
const journalOn = ({ commands }: Disk): CommandJournal => ({
  get commands() {
    return [...commands.values()];
  },
  get: (commandId) => commands.get(commandId),
  accept: (taken) => void commands.set(taken.command.commandId, taken),
  finish: (commandId, outcome) => void commands.set(commandId, { ...(commands.get(commandId) as TakenCommand), outcome, told: false }),
  markTold: (commandId) => void commands.set(commandId, { ...(commands.get(commandId) as TakenCommand), told: true }),
});

/** The hypervisor: it looks at what is there before it acts, and its guests have humours. */
const driverOf = ({ fleet, hostId, humour, surroundings: { world } }: AgentOptions): HypervisorDriver => {
  const machine = fleet.machine(hostId);
  const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const unwilling = async ({ deadlineMs }: DeviceOrder): Promise<Outcome | undefined> => {
    const mood = humour();
    if (mood === 'silent') await wait(deadlineMs);
    else await wait(Math.min(deadlineMs, world.random.next() * GUEST_MS));
    if (mood === 'silent') return failed('TIMEOUT', 'the guest did nothing in time');
    return mood === 'refusing' ? failed('GUEST_REFUSED', 'the guest refused') : undefined;
  };
  const isHere = (vmId: string): boolean => fleet.vm(vmId)?.hostId === hostId && fleet.vm(vmId)?.state === 'running';
  return {
    attach: async (order) => {
      const { vmId, deviceId } = order;
      if (machine.attached.get(deviceId) === vmId) return { done: 'attached' };
      if (!isHere(vmId)) return failed('VM_NOT_FOUND', 'it does not run here');
      const refusal = await unwilling(order);
      if (refusal) return refusal;
      if (!isHere(vmId)) return failed('VM_NOT_FOUND', 'it does not run here any more');
      return fleet.attach(hostId, deviceId, vmId) ? { done: 'attached' } : failed('DEVICE_BUSY', 'another VM has it');
    },
    detach: async (order) => {
      const { vmId, deviceId } = order;
      if (machine.attached.get(deviceId) !== vmId) return { done: 'detached' };
      const refusal = await unwilling(order);
      if (refusal) return refusal;
      if (machine.attached.get(deviceId) === vmId) machine.attached.delete(deviceId);
      return { done: 'detached' };
    },
    attachments: async () =>
      [...machine.attached].flatMap(([deviceId, vmId]) => {
        const at = machine.addressOf(deviceId);
        return at === undefined ? [] : [{ vmId, address: at }];
      }),
    preflight: async () => [],
    describe: async () => ({ driver: 'simulator', version: '1.0' }),
    close: async () => undefined,
  };
};
