import type { DeviceMove, MovePlan } from '@vfleet/contracts';
import { plan } from './given.js';

/** Who holds what, for one moving VM: its devices on the source, and those of the target in their places. */
export class ModelAllocator {
  readonly source: Set<string>;
  /** Device of the source to the one that is held for it on the target; undefined before it is planned and after the end. */
  target: Map<string, string> | undefined;
  private settledAt: 'source' | 'target' | undefined;

  constructor(
    private readonly moves: readonly DeviceMove[],
    private readonly spare: readonly string[],
    private readonly isGone: (deviceId: string) => boolean,
  ) {
    this.source = new Set(moves.map((one) => one.source.deviceId));
  }

  holdsOnTarget(deviceId: string): boolean {
    return this.target !== undefined && [...this.target.values()].includes(deviceId);
  }

  plan(runs: boolean): MovePlan {
    if (this.target === undefined && !runs) return plan([], { blockers: [{ code: 'VM_NOT_RUNNING', message: 'it does not run' }], held: false });
    this.target ??= new Map(this.moves.flatMap(({ source, target }) => (target ? [[source.deviceId, target.deviceId] as const] : [])));
    return plan(this.moves.map((one) => this.withTarget(one)));
  }

  replace(sourceId: string, tried: readonly string[]): DeviceMove | null {
    const move = this.moves.find(({ source }) => source.deviceId === sourceId);
    const held = this.target?.get(sourceId);
    if (!move || !this.target || held === undefined) return null;
    const isSpent = (id: string): boolean => tried.includes(id) || this.isGone(id);
    if (!isSpent(held)) return this.withTarget(move);
    const other = this.spare.find((id) => !isSpent(id) && !this.holdsOnTarget(id));
    if (other === undefined) return null;
    this.target.set(sourceId, other);
    return this.withTarget(move);
  }

  settle(at: 'source' | 'target'): void {
    if (this.target === undefined || this.settledAt !== undefined) return;
    this.settledAt = at;
    if (at === 'target') this.source.clear();
    else this.target.clear();
  }

  vmEnded(): void {
    this.source.clear();
    this.target?.clear();
  }

  private withTarget(move: DeviceMove): DeviceMove {
    const deviceId = this.target?.get(move.source.deviceId);
    return deviceId === undefined || !move.target ? move : { ...move, target: { deviceId, address: `0000:41:00.${deviceId.at(-1)}` } };
  }
}
