import type { Attributes } from '@vfleet/pci';
import type { StoredQuota } from './domain/catalog.js';
import { Overlay } from './overlay.js';

/** A held device as a quota sees it. */
export interface Holding {
  readonly deviceId: string;
  readonly attributes: Attributes;
}

/**
 * How much of each quota is used, kept up to date device by device. A device counts against the quotas that accepted it
 * when it was given, and stops counting against exactly those: whatever becomes of its tags or its name meanwhile.
 */
export class QuotaUse {
  private readonly used = new Overlay<string, number>();
  private readonly charges = new Overlay<string, readonly string[]>();

  usedOf(quotaName: string): number {
    return this.used.get(quotaName) ?? 0;
  }

  settledUseOf(quotaName: string): number {
    return this.used.getSettled(quotaName) ?? 0;
  }

  chargedTo(deviceId: string): readonly string[] {
    return this.charges.get(deviceId) ?? NO_QUOTAS;
  }

  /** A tenant is given devices; what counted before counts anew. */
  take(holdings: readonly Holding[], quotas: readonly StoredQuota[]): void {
    for (const { deviceId, attributes } of holdings) {
      this.giveBack(deviceId);
      for (const { name, accepts } of quotas) if (accepts(attributes)) this.charge(deviceId, name);
    }
  }

  giveBack(deviceId: string): void {
    for (const name of this.chargedTo(deviceId)) this.used.set(name, this.usedOf(name) - 1);
    if (this.charges.get(deviceId)) this.charges.set(deviceId, undefined);
  }

  /** A new quota counts what its tenant holds already. */
  begin({ name, accepts }: StoredQuota, holdings: Iterable<Holding>): void {
    for (const { deviceId, attributes } of holdings) if (accepts(attributes)) this.charge(deviceId, name);
  }

  /** A quota is no more. Looks at every device that counts against any quota. */
  forget(quotaName: string): void {
    this.used.set(quotaName, undefined);
    for (const deviceId of this.charges.keys()) {
      const names = this.chargedTo(deviceId);
      const rest = names.filter((name) => name !== quotaName);
      if (rest.length < names.length) this.charges.set(deviceId, rest.length > 0 ? rest : undefined);
    }
  }

  seal(): void {
    this.used.seal();
    this.charges.seal();
  }

  commit(): void {
    this.used.commit();
    this.charges.commit();
  }

  rollback(): void {
    this.used.rollback();
    this.charges.rollback();
  }

  private charge(deviceId: string, quotaName: string): void {
    this.charges.set(deviceId, [...this.chargedTo(deviceId), quotaName]);
    this.used.set(quotaName, this.usedOf(quotaName) + 1);
  }
}

const NO_QUOTAS: readonly string[] = [];
