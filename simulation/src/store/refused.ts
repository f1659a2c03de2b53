/** What PostgreSQL refuses, by its SQLSTATE. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly constraint?: string,
  ) {
    super(message);
  }
}
