import type { UndertakingEvent } from './domain/undertaking.js';

/** A step that has come to its end. */
export interface Step {
  readonly step: 'plan' | 'unplug' | 'move' | 'plug' | 'settle';
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly milliseconds: number;
}

interface Running {
  /** By step, or by order; milliseconds since 1970. */
  readonly since: Map<string, Pick<Step, 'step' | 'startedAt'>>;
  movedFor: number;
}

/** Times the steps of what is under way, from what is decided of them. What was begun before this process is not timed. */
export class StepClock {
  private readonly running = new Map<string, Running>();

  /** Steps that end with an event. */
  take(event: UndertakingEvent, now: number): readonly Step[] {
    const { type, data } = event;
    const of = this.of(data.migrationId, type);
    if (!of) return [];
    const begin = (step: Step['step'], key: string = step): readonly Step[] => (of.since.set(key, { step, startedAt: now }), []);
    const end = (key: string): readonly Step[] => ended(of, key, now);
    switch (type) {
      case 'MigrationRequested':
      case 'HotplugRequested':
        return begin('plan');
      case 'TargetReserved':
      case 'HotplugStarted':
      case 'MigrationRejected':
      case 'HotplugRejected':
        return end('plan');
      case 'HostdevUnplugRequested':
        return begin('unplug', data.commandId);
      case 'HostdevPlugRequested':
        return begin('plug', data.commandId);
      case 'VmMigrationReady':
        return begin('move');
      case 'VmMigrated':
        begin('settle');
        return this.moved(of, end('move'));
      case 'HostdevUnplugged':
      case 'HostdevCommandFailed':
        return end(data.commandId);
      case 'HostdevPlugged':
        begin('settle');
        return end(data.commandId);
      case 'MigrationCompleted':
        return end('settle');
      default:
        return [];
    }
  }

  /** How long the platform took to move the VM, in milliseconds; 0 where that is not known. */
  movedFor(migrationId: string): number {
    return this.running.get(migrationId)?.movedFor ?? 0;
  }

  forget(migrationId: string): void {
    this.running.delete(migrationId);
  }

  private of(migrationId: string, type: UndertakingEvent['type']): Running | undefined {
    if (type === 'MigrationRequested' || type === 'HotplugRequested') this.running.set(migrationId, { since: new Map(), movedFor: 0 });
    return this.running.get(migrationId);
  }

  private moved(of: Running, steps: readonly Step[]): readonly Step[] {
    of.movedFor = steps[0]?.milliseconds ?? 0;
    return steps;
  }
}

const ended = ({ since }: Running, key: string, now: number): readonly Step[] => {
  const begun = since.get(key);
  since.delete(key);
  return begun ? [{ ...begun, milliseconds: Math.max(0, now - begun.startedAt) }] : [];
};
