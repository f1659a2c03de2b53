import type { ServiceStatus, StatusProblem, SystemStatus } from '@vfleet/contracts';
import type { ServiceReport } from '../outbound/services.js';

/** Everything that the status of the system is judged from, taken at one time. */
export interface Readings {
  readonly services: readonly ServiceReport[];
  readonly journalPosition: number;
  /** Null while VFLEET_EVT is away. */
  readonly streamSequence: number | null;
  /** Milliseconds since 1970, now on the clock that recorded the events. */
  readonly now: number;
  /** When the event at a position was recorded, in milliseconds since 1970. */
  readonly recordedAt: ReadonlyMap<number, number>;
}

/** Behind for longer than this is a problem; an event takes milliseconds. */
const LATE_SECONDS = 5;
/** A seal is a query and an insert; this is longer than a database takes to fail over. */
const SEAL_LATE_SECONDS = 60;

/** Positions of events that somebody has not read yet: the first one of each reader, whose age is the reader's lag. */
export const unreadPositions = ({ services, journalPosition, streamSequence }: Omit<Readings, 'now' | 'recordedAt'>): readonly number[] => {
  const reached = [...services.flatMap(({ position }) => position ?? []), ...(streamSequence === null ? [] : [streamSequence])];
  return [...new Set(reached.filter((position) => position < journalPosition).map((position) => position + 1))];
};

export const judgeSystem = (readings: Readings): SystemStatus => {
  const services = readings.services.map((service) => withLag(service, readings));
  const problems = [...serviceProblems(services), ...services.flatMap(sealProblem), ...streamProblems(readings)];
  return {
    services,
    journalPosition: readings.journalPosition,
    streamSequence: readings.streamSequence,
    healthy: problems.length === 0,
    problems,
  };
};

const withLag = (service: ServiceReport, readings: Readings): ServiceStatus => {
  const { position } = service;
  if (position === undefined) return service;
  return { ...service, lagEvents: Math.max(0, readings.journalPosition - position), lagSeconds: secondsBehind(position, readings) };
};

/** Age of the oldest event that was not read yet, in whole seconds. */
const secondsBehind = (position: number, { now, recordedAt }: Readings): number => {
  const oldest = recordedAt.get(position + 1);
  return oldest === undefined ? 0 : Math.max(0, Math.floor((now - oldest) / 1_000));
};

const serviceProblems = (services: readonly ServiceStatus[]): readonly StatusProblem[] => {
  const late = services.filter(({ lagSeconds = 0 }) => lagSeconds >= LATE_SECONDS);
  const deciding = services.some(({ name, role }) => name === 'vfleet-allocator' && role === 'active');
  return [
    ...(deciding ? [] : [{ code: 'NO_ALLOCATOR', message: 'no active allocator answers: facts wait, and nothing is reserved' }]),
    ...late.map(({ name, id, lagEvents, lagSeconds }) => ({
      code: 'PROJECTION_LAGS',
      message: `${name} ${id} is ${lagEvents} events and ${lagSeconds} seconds behind the journal`,
    })),
  ];
};

const sealProblem = ({ name, id, sealOverdueSeconds = 0 }: ServiceStatus): readonly StatusProblem[] =>
  sealOverdueSeconds < SEAL_LATE_SECONDS
    ? []
    : [{ code: 'SEAL_OVERDUE', message: `${name} ${id} has sealed nothing for ${sealOverdueSeconds} seconds longer than events may wait for it` }];

const streamProblems = (readings: Readings): readonly StatusProblem[] => {
  const { streamSequence, journalPosition } = readings;
  if (streamSequence === null) return [{ code: 'STREAM_AWAY', message: 'the stream VFLEET_EVT cannot be reached: nobody is told of events' }];
  if (streamSequence > journalPosition)
    return [{ code: 'STREAM_AHEAD', message: `VFLEET_EVT is at ${streamSequence}, the journal at ${journalPosition}: the database has lost events` }];
  const seconds = secondsBehind(streamSequence, readings);
  if (seconds < LATE_SECONDS) return [];
  return [{ code: 'STREAM_LAGS', message: `VFLEET_EVT is ${journalPosition - streamSequence} events and ${seconds} seconds behind the journal` }];
};
