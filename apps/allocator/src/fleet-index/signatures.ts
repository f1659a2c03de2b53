import type { Attributes } from '@vfleet/pci';
import { isIndividual, mostVaried, withoutIndividual } from './individual.js';
import { areAlike, drawerOf, isShared, sharedOf, type Located } from './shared-attributes.js';

/** More different devices than that have something that is each device's own: a name, an inventory number as a tag. */
const MAX_SIGNATURES = 16_384;

/** Everything that devices of a fleet have in common with others, each kept once and known by a number. */
export class Signatures {
  /** Grows when the numbers that were given before mean nothing any more. */
  generation = 0;
  private readonly individual = new Set<string>();
  private attributes: Attributes[] = [];
  /** The first device that was seen of each signature, in drawers of those that look alike at a glance. */
  private readonly drawers = new Map<string, (Located & { readonly signature: number })[]>();

  constructor(private most = MAX_SIGNATURES) {}

  /** The number of the signature that a device has. */
  of(located: Located): number {
    const seen = this.individual.size > 0 ? withoutIndividual(located, this.individual) : located;
    const drawer = drawerOf(seen);
    const first = this.drawers.get(drawer) ?? [];
    const known = first.find((one) => areAlike(one, seen));
    if (known) return known.signature;
    const signature = this.attributes.push(sharedOf(seen)) - 1;
    this.drawers.set(drawer, [...first, { ...seen, signature }]);
    if (this.attributes.length > this.most) this.beginAnew();
    return signature;
  }

  attributesOf(signature: number): Attributes {
    return this.attributes[signature] as Attributes;
  }

  /** Whether all devices of a signature have an attribute alike. */
  tells(attribute: string): boolean {
    return isShared(attribute) && !isIndividual(this.individual, attribute);
  }

  /** What varies most is each device's own from now on. Where nothing varies any more there really are so many kinds. */
  private beginAnew(): void {
    const varied = mostVaried(this.attributes);
    if (varied === undefined) {
      this.most *= 2;
      return;
    }
    this.individual.add(varied);
    this.attributes = [];
    this.drawers.clear();
    this.generation += 1;
  }
}
