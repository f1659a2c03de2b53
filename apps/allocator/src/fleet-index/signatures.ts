import type { Attributes } from '@vfleet/pci';
import { areAlike, drawerOf, sharedOf, type Located } from './shared-attributes.js';

/** Everything that devices of a fleet have in common with others, each kept once and known by a number. */
export class Signatures {
  private readonly attributes: Attributes[] = [];
  /** The first device that was seen of each signature, in drawers of those that look alike at a glance. */
  private readonly drawers = new Map<string, (Located & { readonly signature: number })[]>();

  /** The number of the signature that a device has. */
  of(located: Located): number {
    const drawer = drawerOf(located);
    const first = this.drawers.get(drawer) ?? [];
    const known = first.find((one) => areAlike(one, located));
    if (known) return known.signature;
    const signature = this.attributes.push(sharedOf(located)) - 1;
    this.drawers.set(drawer, [...first, { ...located, signature }]);
    return signature;
  }

  attributesOf(signature: number): Attributes {
    return this.attributes[signature] as Attributes;
  }
}
