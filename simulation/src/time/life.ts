/** One life of a process, from its start to its crash. What it waits for when it ends never comes. */
export class Life {
  ended = false;
  /** Stopped until then, as by SIGSTOP; milliseconds of the virtual clock. */
  asleepUntil = 0;
  /** What it sends there is on its way until then, however long before it was sent, and then arrives in order. */
  readonly heldUpUntil = { store: 0, copy: 0 };
  private readonly farewells: (() => void)[] = [];

  constructor(readonly name: string) {}

  /** What others have to forget of it when it ends. */
  onEnd(farewell: () => void): void {
    this.farewells.push(farewell);
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    for (const farewell of this.farewells) farewell();
  }
}
