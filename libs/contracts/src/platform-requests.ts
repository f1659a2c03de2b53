import { Optional, Text, Token } from './fields.js';

/** Asks a platform adapter to move a VM, where there is one. */
export class MigrateVm {
  @Text(128) migrationId!: string;
  @Token() vmId!: string;
  @Token() sourceHostId!: string;
  @Token() targetHostId!: string;
}
/** The adapter has taken the order; what becomes of it is told by the VM's states. */
export class MigratingVm {
  @Optional() @Text(64) state?: string;
}
export const PLATFORM_MIGRATE_SUBJECT = 'vfleet.platform.vm.migrate';
