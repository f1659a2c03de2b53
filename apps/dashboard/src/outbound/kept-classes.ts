import { Injectable } from '@nestjs/common';
import { DEFAULT_EXCLUDED_CLASSES, type ExcludedClass } from '@vfleet/pci';
import { Bus } from './bus.js';
import { SharedAnswers } from './shared-answers.js';

/** Digits of a base class: the counters tell no more of a class. */
const DIGITS = 2;

/** Base classes that hosts keep as a whole: nobody wishes for their devices. */
@Injectable()
export class KeptClasses {
  private readonly shared = new SharedAnswers();
  private newest: readonly ExcludedClass[] = DEFAULT_EXCLUDED_CLASSES;

  constructor(private readonly bus: Bus) {}

  /** As they were heard of last, where nobody can be asked. */
  async base(): Promise<readonly string[]> {
    await this.shared.get('eligibility', () => this.ask()).catch(() => undefined);
    return this.newest.flatMap((one) => (one.class.length === DIGITS ? [one.class] : []));
  }

  private async ask(): Promise<void> {
    this.newest = (await this.bus.ask('eligibility.get', {})).excludedClasses;
  }
}
