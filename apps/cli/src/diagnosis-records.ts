import type { ProjectionStatus, ReleaseCheck, SystemChecks, SystemStatus } from '@vfleet/contracts';
import type { Finding, Observations } from './diagnosis.js';
import { counted } from './render/text.js';

/** A host attests every few seconds: what waits longer than this waits for a person. */
const LONG_RELEASE_SECONDS = 300;
/** An event is projected within milliseconds. */
const LATE_SECONDS = 5;

/** Whether services work, the journal, its stream and its projections agree, and nothing was left lying. */
export const diagnoseRecords = ({ status, failed, now }: Observations): readonly Finding[] => [
  ...status.problems.map(({ code, message }): Finding => ({
    severity: 'error',
    code,
    about: 'system',
    what: message,
    ...(REMEDIES[code] ?? REMEDY),
  })),
  ...versions(status),
  ...(status.checks ? [...records(status.checks), ...late(status), ...leftLying(status.checks, now)] : []),
  ...failed.map(({ migrationId, vmId, code = 'FAILED', message = '' }): Finding => ({
    severity: 'error',
    code: 'MIGRATION_FAILED',
    about: migrationId,
    what: `the move of ${vmId} came to no end: ${code} ${message}`.trimEnd(),
    means: 'its devices are held on both hosts until somebody settles it',
    repair: `vfleet migrations retry ${migrationId}`,
  })),
];

type Remedy = Pick<Finding, 'means' | 'repair'>;
const REMEDY: Remedy = { means: 'the system does not work as it should', repair: 'vfleet status' };
const REMEDIES: Readonly<Record<string, Remedy>> = {
  NO_ALLOCATOR: { means: 'facts wait, and nothing is reserved', repair: 'node apps/allocator/dist/main.js' },
  PROJECTION_LAGS: { means: 'what is shown is old', repair: 'vfleet projections wait' },
  SEAL_OVERDUE: {
    means: 'a change of the newest events would not be seen; the log of the allocator says why it cannot seal them',
    repair: 'vfleet journal verify --public-key seal.pub',
  },
  STREAM_AWAY: { means: 'nobody is told of events; reservations go on', repair: 'nats stream info VFLEET_EVT' },
  STREAM_LAGS: { means: 'events are told late', repair: 'vfleet status --watch' },
  STREAM_AHEAD: {
    means: 'the database has lost its newest events, and nothing is written; where no replica has them, delete the stream, and it is filled anew',
    repair: 'nats stream rm VFLEET_EVT --force',
  },
};

/** Services of more than one version at once. */
const versions = ({ services }: SystemStatus): readonly Finding[] => {
  const known = [...new Set(services.map(({ version }) => version))].sort();
  if (known.length < 2) return [];
  const means = 'an update has not come to its end';
  return [
    { severity: 'warning', code: 'SERVICE_VERSIONS', about: 'system', what: `services are ${known.join(' and ')}`, means, repair: 'vfleet status' },
  ];
};

const records = ({ journal, stream }: SystemChecks): readonly Finding[] => [
  ...(journal.missing === 0
    ? []
    : [
        {
          severity: 'error',
          code: 'JOURNAL_GAP',
          about: 'journal',
          what: `${counted(journal.missing, 'position')} of the newest ${journal.checked} without an event`,
          means: 'events were deleted, or the database is damaged: restore it from a backup',
          repair: 'psql -c "select * from journal.counter"',
        } as const,
      ]),
  ...(stream === null || stream.missing === 0
    ? []
    : [
        {
          severity: 'error',
          code: 'STREAM_GAP',
          about: 'VFLEET_EVT',
          what: `${counted(stream.missing, 'message')} between ${stream.firstSequence} and ${stream.lastSequence} are gone`,
          means: 'whoever reads the stream from there misses them; the journal has them, and publishes them anew into an empty stream',
          repair: 'nats stream rm VFLEET_EVT',
        } as const,
      ]),
];

const late = ({ checks }: SystemStatus): readonly Finding[] =>
  (checks?.projections ?? []).filter(({ lagSeconds, rebuilding }) => !rebuilding && lagSeconds >= LATE_SECONDS).map(lag);

const lag = ({ name, lagEvents, lagSeconds }: ProjectionStatus): Finding => ({
  severity: 'error',
  code: 'PROJECTION_LATE',
  about: name,
  what: `${counted(lagEvents, 'event')} and ${counted(lagSeconds, 'second')} behind the journal`,
  means: 'what is shown is old',
  repair: 'vfleet projections wait',
});

const leftLying = ({ deadLetters, releasing }: SystemChecks, now: number): readonly Finding[] => [
  ...(deadLetters.count === 0
    ? []
    : [
        {
          severity: 'warning',
          code: 'DEAD_LETTERS',
          about: 'VFLEET_DLQ',
          what: `${counted(deadLetters.count, 'fact')} could not be accepted, the oldest since ${deadLetters.oldestAt ?? 'unknown'}`,
          means: 'something was said that nobody has listened to',
          repair: 'vfleet deadletters ls',
        } as const,
      ]),
  ...releasing.flatMap((release) => waiting(release, now) ?? []),
];

const waiting = ({ vmId, hostId, devices, since }: ReleaseCheck, now: number): Finding | undefined => {
  const seconds = since === null ? LONG_RELEASE_SECONDS : Math.floor((now - Date.parse(since)) / 1_000);
  if (seconds < LONG_RELEASE_SECONDS) return undefined;
  return {
    severity: 'warning',
    code: 'RELEASE_PENDING',
    about: vmId,
    what: `${counted(devices, 'device')} of it on ${hostId} not attested free for ${counted(Math.floor(seconds / 60), 'minute')}`,
    means: 'the host still has them attached, or its agent is silent; they are given to nobody',
    repair: `vfleet hosts probe ${hostId}`,
  };
};
