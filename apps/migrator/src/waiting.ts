interface Waiter<T> {
  readonly tell: (value: T) => void;
  readonly refuse: (error: Error) => void;
}

/** Those who wait to be told of something by its id, each for a limited time. */
export class Waiting<T> {
  private readonly waiters = new Map<string, Waiter<T>>();

  /** `late` says what is told to whoever has waited so long, in milliseconds. */
  for(id: string, withinMs: number, late: () => Error): Promise<T> {
    const told = new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => this.refuse(id, late()), withinMs);
      const end = (): void => {
        clearTimeout(timer);
        this.waiters.delete(id);
      };
      this.waiters.set(id, { tell: (value) => (end(), resolve(value)), refuse: (error) => (end(), reject(error)) });
    });
    // It may be refused before anybody looks.
    told.catch(() => undefined);
    return told;
  }

  tell(id: string, value: T): void {
    this.waiters.get(id)?.tell(value);
  }

  refuse(id: string, error: Error): void {
    this.waiters.get(id)?.refuse(error);
  }

  has(id: string): boolean {
    return this.waiters.has(id);
  }

  get ids(): readonly string[] {
    return [...this.waiters.keys()];
  }
}
