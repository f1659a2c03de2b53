import { HostdevCommand, HOSTDEV_VERBS } from '@vfleet/contracts';
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { reads, serve } from '../endpoint.js';
import type { HypervisorDriver } from '../hypervisor/driver.js';
import { isSimulator, type Simulator } from '../hypervisor/simulator.js';
import type { CommandDesk } from './command-desk.js';
import { readSimulateRequest, type SimulateRequest } from './simulate-request.js';

/** Answers `hostdev.attach` and `hostdev.detach`, and `simulate` where the hypervisor is a simulation. */
export const serveCommands = (
  nats: NatsConnection,
  hostId: string,
  { desk, driver, log }: { readonly desk: CommandDesk; readonly driver: HypervisorDriver; readonly log: Logger },
): readonly Subscription[] => [
  ...HOSTDEV_VERBS.map((verb) =>
    serve<HostdevCommand>(nats, hostId, { verb, read: reads(HostdevCommand), answer: (command) => desk.accept(verb, command) }, log),
  ),
  ...(isSimulator(driver)
    ? [serve<SimulateRequest>(nats, hostId, { verb: 'simulate', read: readSimulateRequest, answer: (request) => simulate(driver, request) }, log)]
    : []),
];

/** With nothing but `clear`, or nothing at all, no fault is added; the answer is what is in force. */
const simulate = (simulator: Simulator, { clear, ...fault }: SimulateRequest): object => {
  if (clear) simulator.clearFaults();
  if (Object.keys(fault).length > 0) simulator.addFault(fault);
  return { faults: simulator.faults };
};
