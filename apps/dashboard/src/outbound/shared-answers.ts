interface Answer {
  readonly value: Promise<unknown>;
  readonly until: number;
}

const SHARED_MS = 1_000;
const MOST = 200;

/** Answers that many pages ask for at once: asked once, and given to all who ask within a second. */
export class SharedAnswers {
  private readonly answers = new Map<string, Answer>();

  async get<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.answers.get(key);
    if (known && known.until > Date.now()) return known.value as Promise<T>;
    if (this.answers.size >= MOST) this.answers.clear();
    const value = ask();
    this.answers.set(key, { value, until: Date.now() + SHARED_MS });
    // A failure is nobody else's.
    value.catch(() => this.answers.delete(key));
    return value;
  }
}
