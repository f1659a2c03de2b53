interface Answer {
  readonly value: Promise<unknown>;
  readonly until: number;
}

const SHARED_MS = 1_000;
/** What takes long is given for so many times as long, so that it never keeps the database busy for more than a sixth of the time. */
const TIMES = 5;
const MOST = 200;

/** Answers that many pages ask for at once: asked once, and given to all who ask within a second or so. */
export class SharedAnswers {
  private readonly answers = new Map<string, Answer>();

  async get<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.answers.get(key);
    if (known && known.until > Date.now()) return known.value as Promise<T>;
    if (this.answers.size >= MOST) this.answers.clear();
    const begun = Date.now();
    const value = ask();
    this.answers.set(key, { value, until: Number.POSITIVE_INFINITY });
    value.then(
      () => this.answers.set(key, { value, until: Date.now() + Math.max(SHARED_MS, TIMES * (Date.now() - begun)) }),
      // A failure is nobody else's.
      () => this.answers.delete(key),
    );
    return value;
  }
}
