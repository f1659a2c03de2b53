/** What a service says of itself when it is asked whether it can work. */
export interface Readiness {
  readonly ready: boolean;
  /** `active` decides, `standby` waits for its turn and is ready for that; `starting` is neither yet. */
  readonly role: Role;
  /** By name: whether what the service needs is there. */
  readonly checks: Readonly<Record<string, boolean>>;
}
export type Role = 'starting' | 'standby' | 'active';

/** A check that has not answered by then has failed. */
const CHECK_WITHIN_MS = 2_000;

/** What a service needs, and whether it is there. */
export class Health {
  private readonly checks = new Map<string, () => boolean | Promise<boolean>>();
  role: Role = 'starting';

  /** The service is not ready while this is false, fails, or does not answer. */
  needs(name: string, check: () => boolean | Promise<boolean>): void {
    this.checks.set(name, check);
  }

  async readiness(): Promise<Readiness> {
    const answers = await Promise.all([...this.checks].map(async ([name, check]) => [name, await passes(check)] as const));
    return { ready: this.role !== 'starting' && answers.every(([, passed]) => passed), role: this.role, checks: Object.fromEntries(answers) };
  }
}

const passes = async (check: () => boolean | Promise<boolean>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), CHECK_WITHIN_MS)));
  try {
    return await Promise.race([(async () => check())(), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
};
