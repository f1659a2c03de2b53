import { Agent } from '@vfleet/host-agent/agent';
import { commandDesk, type CommandDesk } from '@vfleet/host-agent/commands/command-desk';
import type { CommandJournal } from '@vfleet/host-agent/commands/command-journal';
import type { Configuration } from '@vfleet/host-agent/configuration/config';
import type { TakenCommand } from '@vfleet/host-agent/domain/hostdev-command';
import type { SeenDevice } from '@vfleet/host-agent/domain/observe';
import { NO_NAMES } from '@vfleet/host-agent/names';
import { createPublisher } from '@vfleet/host-agent/publisher';
import { agentSubject, type HostdevCommand } from '@vfleet/contracts';
import type { Logger } from 'pino';
import type { Link } from '../bus/link.js';
import type { Life } from '../time/life.js';
import type { Fleet } from './fleet.js';
import { hypervisorOf, type Humour } from './hypervisor.js';
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
  readonly humour: () => Humour;
}

const HEARTBEAT_SECONDS = 1;
const RESCAN_MS = 3_000;

/** Starts a host's agent as the program does, over the machine as it really is. */
export const startAgent = (options: AgentOptions, name: string): Life => {
  const { surroundings, hostId, link, disk, fleet, humour } = options;
  const { world, bus } = surroundings;
  const life = world.begin(name);
  const log = logOf(options);
  const publisher = createPublisher({ hostId, log, send: (subject, data, { msgId }) => bus.publishFact(life, link, subject, data, msgId) });
  const driver = hypervisorOf({ fleet, hostId, humour, random: world.random });
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
  { surroundings: { bus }, hostId, link, disk, fleet }: AgentOptions,
  life: Life,
  agent: Agent,
  desk: CommandDesk,
): Promise<void> => {
  void agent.known.then(() => desk.open());
  for (const verb of ['attach', 'detach'] as const)
    bus.serve(life, link, agentSubject(hostId, `hostdev.${verb}`), (command: HostdevCommand) => desk.accept(`hostdev.${verb}`, command));
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
