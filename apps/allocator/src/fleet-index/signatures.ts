import type { Attributes } from '@vfleet/pci';
import { areAlike, keyOf, sharedOf, type Located } from './shared-attributes.js';

/** Devices seen last, compared before a signature is looked up: neighbours are mostly alike. */
const RECENT = 8;

/** Everything that devices of a fleet have in common with others, each kept once and known by a number. */
export class Signatures {
  private readonly numbers = new Map<string, number>();
  private readonly attributes: Attributes[] = [];
  private recent: (Located & { readonly signature: number })[] = [];

  get size(): number {
    return this.attributes.length;
  }

  /** The number of the signature that a device has. */
  of(located: Located): number {
    const known = this.recent.find((one) => areAlike(one, located));
    if (known) return known.signature;
    const signature = this.lookUp(located);
    this.recent = [{ ...located, signature }, ...this.recent.slice(0, RECENT - 1)];
    return signature;
  }

  attributesOf(signature: number): Attributes {
    return this.attributes[signature] as Attributes;
  }

  private lookUp(located: Located): number {
    const attributes = sharedOf(located);
    const key = keyOf(attributes);
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.attributes.push(attributes);
    this.numbers.set(key, this.attributes.length - 1);
    return this.attributes.length - 1;
  }
}
