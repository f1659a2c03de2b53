import { IsBoolean } from 'class-validator';
import { Optional, Whole } from './fields.js';

/** Asks an agent to scan at once; with `full` it publishes every device again, and an attestation after them. */
export class ProbeHost {
  @Optional() @IsBoolean() full?: boolean;
}
export class HostProbed {
  @Whole() devices!: number;
  @Whole() changed!: number;
}
