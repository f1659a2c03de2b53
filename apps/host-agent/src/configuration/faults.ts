/** Something wrong in what the operator wrote, and where. */
export interface ConfigurationFault {
  /** A file, or the name of an environment variable. */
  readonly where: string;
  readonly line?: number;
  readonly message: string;
}

/** The configuration cannot be used; every fault is told at once. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration';
  constructor(readonly faults: readonly ConfigurationFault[]) {
    super(faults.map(sayFault).join('\n'));
  }
}

export const sayFault = ({ where, line, message }: ConfigurationFault): string => `${where}${line === undefined ? '' : `:${line}`}: ${message}`;
