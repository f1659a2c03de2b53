import { IsBoolean, IsIn } from 'class-validator';
import { Many, Nullable, One, Optional, Text, Time, Token, Whole } from './fields.js';

export class GetStatus {
  /** Look more closely too: at gaps, projections, dead letters, and what waits for hosts. */
  @Optional() @IsBoolean() checks?: boolean;
}

/** How far a service that reads the journal is behind. */
export class ServiceStatus {
  @Text(64) name!: string;
  @Text(64) id!: string;
  @Text(64) version!: string;
  /** `active`, or `standby` where another instance has the say. */
  @IsIn(['active', 'standby']) role!: string;
  @Optional() @Whole() position?: number;
  @Optional() @Whole() lagEvents?: number;
  @Optional() @Whole() lagSeconds?: number;
  /** Of an allocator that seals the journal: how much longer than it should an event waits for its seal. */
  @Optional() @Whole() sealOverdueSeconds?: number;
}
export class StatusProblem {
  @Text(64) code!: string;
  @Text() message!: string;
}

/** A projection by its checkpoint. One that is being rebuilt stands beside the one that is read. */
export class ProjectionStatus {
  @Text(64) name!: string;
  @Whole() position!: number;
  @Whole() lagEvents!: number;
  /** Age of the oldest event that it has not taken. */
  @Whole() lagSeconds!: number;
  @IsBoolean() rebuilding!: boolean;
}
/** The newest events of the journal, counted. */
export class JournalCheck {
  /** How many positions were looked at, the newest ones. */
  @Whole() checked!: number;
  /** Of these, positions without an event; there is no good reason for any. */
  @Whole() missing!: number;
  @Nullable() @Time() lastRecordedAt!: string | null;
}
/** The stream VFLEET_EVT. */
export class StreamCheck {
  @Whole() firstSequence!: number;
  @Whole() lastSequence!: number;
  /** Messages between them that are gone. */
  @Whole() missing!: number;
}
export class DeadLetterCheck {
  @Whole() count!: number;
  @Nullable() @Time() oldestAt!: string | null;
}
/** Devices that a VM has let go, and that its host has not attested free. */
export class ReleaseCheck {
  @Token() vmId!: string;
  @Token() hostId!: string;
  @Whole() devices!: number;
  @Nullable() @Time() since!: string | null;
}
/** A host whose agent attested other devices than the journal knows, and that has told nothing of devices since. */
export class DivergedHost {
  @Token() hostId!: string;
  @Time() at!: string;
}
export class SystemChecks {
  @One(() => JournalCheck) journal!: JournalCheck;
  /** Null while the stream is away. */
  @Nullable() @One(() => StreamCheck) stream!: StreamCheck | null;
  @Many(() => ProjectionStatus) projections!: ProjectionStatus[];
  @One(() => DeadLetterCheck) deadLetters!: DeadLetterCheck;
  /** The oldest 1000. */
  @Many(() => ReleaseCheck) releasing!: ReleaseCheck[];
  /** Of the newest 1000 divergences. */
  @Many(() => DivergedHost) diverged!: DivergedHost[];
}

export class SystemStatus {
  @Many(() => ServiceStatus) services!: ServiceStatus[];
  @Whole() journalPosition!: number;
  /** Last sequence of VFLEET_EVT; null while the stream is away. */
  @Nullable() @Whole() streamSequence!: number | null;
  @IsBoolean() healthy!: boolean;
  /** What is wrong, a sentence each. */
  @Many(() => StatusProblem) problems!: StatusProblem[];
  /** Where `checks` was asked for. */
  @Optional() @One(() => SystemChecks) checks?: SystemChecks;
}
