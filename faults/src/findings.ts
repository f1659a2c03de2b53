/** An event as it stands in the journal's table. */
export interface LogEvent {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  /** Who wrote it, and why. */
  readonly meta?: unknown;
}

/** A message as it stands in the copy of the journal, VFLEET_EVT. */
export interface Copied {
  readonly sequence: number;
  readonly id: string;
  /** As the message itself says. */
  readonly position: number;
}

/** What a caller was told: this VM has a device. A fact's receipt names no reservation. */
export interface Acknowledged {
  readonly vmId: string;
  readonly reservationId?: string;
}

/** What is wrong, a sentence each. */
export interface Findings {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** At a wrong place: a number that does not follow, a copy that is not at its position. */
  readonly misplaced: readonly string[];
}

interface Change {
  readonly vmId: string;
  readonly reservationId?: string;
  readonly devices: readonly { readonly deviceId: string }[];
}

const repeated = <T>(items: readonly T[]): readonly T[] => {
  const seen = new Set<T>();
  return items.filter((item) => seen.has(item) || !seen.add(item));
};

/** Who holds each device after all events: more than one holder is a device that was given twice. */
export const holdersOf = (events: readonly LogEvent[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const holders = new Map<string, Set<string>>();
  for (const { type, data } of events) {
    if (type !== 'DevicesReserved' && type !== 'DevicesReleased') continue;
    const { vmId, devices } = data as Change;
    for (const { deviceId } of devices) {
      const of = holders.get(deviceId) ?? new Set<string>();
      if (type === 'DevicesReserved') of.add(vmId);
      else of.delete(vmId);
      holders.set(deviceId, of);
    }
  }
  return holders;
};

/** VMs that were given something while what they were given before was still theirs, with the same devices or others. */
const givenTwice = (events: readonly LogEvent[]): readonly string[] => {
  const holding = new Set<string>();
  const found: string[] = [];
  for (const { type, data, position } of events) {
    if (type !== 'DevicesReserved' && type !== 'DevicesReleased') continue;
    const { vmId } = data as Change;
    if (type === 'DevicesReleased') holding.delete(vmId);
    else if (holding.has(vmId)) found.push(`${vmId} was given devices again at position ${position}`);
    else holding.add(vmId);
  }
  return found;
};

const lostToCallers = (events: readonly LogEvent[], acknowledged: readonly Acknowledged[]): readonly string[] => {
  const given = new Map<string, Set<string | undefined>>();
  for (const { type, data } of events) {
    if (type !== 'DevicesReserved') continue;
    const { vmId, reservationId } = data as Change;
    given.set(vmId, (given.get(vmId) ?? new Set()).add(reservationId));
  }
  return acknowledged
    .filter(({ vmId, reservationId }) => !given.has(vmId) || (reservationId !== undefined && !given.get(vmId)?.has(reservationId)))
    .map(({ vmId, reservationId }) => `${vmId} was told of ${reservationId ?? 'receipt'}, and the log does not know it`);
};

/** Judges the journal alone: `acknowledged` against it, and its numbers against each other. `head` is the counter's position. */
export const judgeLog = (events: readonly LogEvent[], head: number, acknowledged: readonly Acknowledged[]): Findings => {
  const positions = new Set(events.map(({ position }) => position));
  const missing = Array.from({ length: head }, (_, n) => n + 1).filter((position) => !positions.has(position));
  const versions = new Map<string, number>();
  const misplaced: string[] = [];
  for (const { stream, version, position } of events) {
    const expected = (versions.get(stream) ?? 0) + 1;
    if (version !== expected) misplaced.push(`position ${position} has version ${version} of ${stream}, not ${expected}`);
    versions.set(stream, version);
  }
  const twoHolders = [...holdersOf(events)]
    .filter(([, vms]) => vms.size > 1)
    .map(([device, vms]) => `${device} is held by ${[...vms].join(' and ')}`);
  return {
    lost: [...missing.map((position) => `position ${position} is not in the log`), ...lostToCallers(events, acknowledged)],
    doubled: [...repeated(events.map(({ id }) => id)).map((id) => `event ${id} is in the log again`), ...twoHolders, ...givenTwice(events)],
    misplaced,
  };
};

/** Judges a copy of the journal, which may begin later than it: from there on each event is there once, at its position. */
export const judgeCopy = (events: readonly LogEvent[], copies: readonly Copied[], first = 1): Findings => {
  const copied = new Set(copies.map(({ id }) => id));
  const byId = new Map(events.map(({ id, position }) => [id, position]));
  return {
    lost: events
      .filter(({ position, id }) => position >= first && !copied.has(id))
      .map(({ position }) => `position ${position} is not in the stream`),
    doubled: repeated(copies.map(({ id }) => id)).map((id) => `event ${id} is in the stream again`),
    misplaced: copies
      .filter(({ id, sequence, position }) => byId.get(id) !== sequence || position !== sequence)
      .map(({ sequence, position }) => `sequence ${sequence} holds position ${position}`),
  };
};

/** Both judgements as one. */
export const together = (...all: readonly Findings[]): Findings => ({
  lost: all.flatMap(({ lost }) => lost),
  doubled: all.flatMap(({ doubled }) => doubled),
  misplaced: all.flatMap(({ misplaced }) => misplaced),
});

export const isClean = ({ lost, doubled, misplaced }: Findings): boolean => lost.length + doubled.length + misplaced.length === 0;

/** The first thing that is wrong, for a note. */
export const firstFault = ({ lost, doubled, misplaced }: Findings): string | undefined => [...lost, ...doubled, ...misplaced][0];
