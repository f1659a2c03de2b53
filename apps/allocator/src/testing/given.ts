import { compileWhere } from '@vfleet/cel';
import type { DeviceObservation, DomainEvent, EventData, EventName, FactOf } from '@vfleet/contracts';
import { decide, type Command } from '../domain/decide.js';
import { streamOf, type Decision, type Surroundings } from '../domain/decision.js';
import type { HostFactCommand } from '../domain/host.decider.js';
import { FleetMemory } from '../fleet-memory.js';

const EPOCH = '0197b9d8-0000-7000-8000-000000000001';
const NOW = '2026-11-20T10:00:00.000Z';

/** A fleet in which these events have happened. */
export const fleetOf = (events: readonly DomainEvent[]): FleetMemory => {
  const fleet = new FleetMemory();
  for (const event of events) {
    const stream = streamOf(event);
    fleet.apply(stream, fleet.version(stream) + 1, event);
  }
  fleet.commit();
  return fleet;
};

let ids = 0;
/** Surroundings that a spec can foresee; every id is new. */
export const quiet = (more: Partial<Surroundings> = {}): Surroundings => ({
  now: NOW,
  newId: () => `r-${(ids += 1)}`,
  digestOf: () => 'same',
  compileWhere,
  ...more,
});

/** Given these events, when this command comes, then this is decided. */
export const given = (...events: readonly (DomainEvent | readonly DomainEvent[])[]) => {
  const past = events.flat() as readonly DomainEvent[];
  return {
    when: (command: Command, surroundings: Surroundings = quiet()): Decision => decide(fleetOf(past), command, surroundings),
    /** Several commands one after the other; the decision of the last. */
    whenAll: (...commands: readonly Command[]): Decision => {
      const fleet = fleetOf(past);
      let last: Decision | undefined;
      for (const command of commands) {
        last = decide(fleet, command, quiet());
        take(fleet, last);
      }
      return last as Decision;
    },
  };
};

/** What a decision comes to, taken into the fleet as the desk does it. */
export const take = (fleet: FleetMemory, { events, marks = [] }: Decision): void => {
  for (const event of events) {
    const stream = streamOf(event);
    fleet.apply(stream, fleet.version(stream) + 1, event);
  }
  for (const { key, value } of marks) fleet.applyMark(key, value);
  fleet.commit();
};

export const names = ({ events }: Decision): readonly string[] => events.map(({ type }) => type);

/** The only event of that name in a decision. */
export const only = <Name extends EventName>({ events }: Decision, name: Name): EventData<Name> => {
  const found = events.filter(({ type }) => type === name);
  if (found.length !== 1) throw new Error(`${found.length} events ${name} in ${events.map(({ type }) => type).join(', ') || 'nothing'}`);
  return (found[0] as DomainEvent).data as EventData<Name>;
};

export const observedAt = (sequence: number, epoch = EPOCH): EventData<'DeviceRemoved'>['observed'] => ({ epoch, sequence, observedAt: NOW });

export const discovered = (hostId: string, ...devices: readonly DeviceObservation[]): readonly DomainEvent[] =>
  devices.map((device, index) => ({
    type: 'DeviceDiscovered',
    data: { hostId, deviceId: device.deviceId, address: device.address, device, observed: observedAt(index + 2) },
  }));

export const online = (hostId: string, more: object = {}): DomainEvent => ({
  type: 'HostOnline',
  data: { hostId, host: { hostname: hostId, agentVersion: '0', heartbeatSeconds: 10, ...more }, observed: observedAt(1) },
});

let sequences = 1000;
type HostFactOf<Name extends HostFactCommand['name']> = Extract<HostFactCommand, { name: Name }>;

/** A fact of a host's agent, newer than every fact before it unless told otherwise. */
export const fact = <Name extends HostFactCommand['name']>(
  name: Name,
  hostId: string,
  data: Omit<HostFactOf<Name>['data'], 'hostId' | 'epoch' | 'sequence' | 'observedAt'> & { epoch?: string; sequence?: number },
): Command => ({
  type: 'TakeHostFact',
  fact: { name, key: undefined, data: { hostId, epoch: EPOCH, sequence: (sequences += 1), observedAt: NOW, ...data } } as unknown as HostFactCommand,
});

type Report = FactOf<'VmStateChanged'>['data'];
let reports = 0;

/** A VM state, newer than every one before it unless told otherwise. */
export const vmState = (vmId: string, state: Report['state'], more: Partial<Report> = {}): Command => ({
  type: 'TakeVmState',
  report: { vmId, state, sequence: (reports += 1), occurredAt: NOW, ...more },
});
