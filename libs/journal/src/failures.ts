/** Somebody else appended to a stream, or what we believe about it is not so: read again before deciding. */
export class StreamConflict extends Error {
  override readonly name = 'StreamConflict';
}
/** Another owner has taken over; nothing of ours may be written any more. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}
/** Some of the messages were answered before. */
export class AlreadyReceived extends Error {
  override readonly name = 'AlreadyReceived';
}
/** More is waiting than may wait. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

interface PgError extends Error {
  readonly code?: string;
  readonly constraint?: string;
}

/** Names what the database refused; anything else comes back as it was. */
export const translate = (error: unknown): unknown => {
  const { code, constraint, message } = error as PgError;
  if (code === 'VF001') return new Fenced(message);
  if (code === 'VF002' || code === 'VF003') return new StreamConflict(message);
  // Division by zero, which no other part of an append does.
  if (code === '22012') return new StreamConflict('the journal is shorter than it was: PostgreSQL has lost its newest events');
  if (code !== '23505') return error;
  if (constraint === 'inbox_key') return new AlreadyReceived(message);
  return new StreamConflict(`${constraint}: ${message}`);
};

// PostgreSQL error classes (appendix A of its manual): connection, resources, operator intervention, system error;
// and the two codes that say "run the transaction again".
const PASSING = /^(08|53|57|58)|^(40001|40P01|25006|55P03)$/;
const SOCKET = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOENT)/;

/** True for what may go away by itself: server down or restarting, disk full, connection cut, read-only standby. */
export const isPassing = (error: unknown): boolean => {
  const { code, message } = error as PgError;
  if (typeof code === 'string') return PASSING.test(code) || SOCKET.test(code);
  return /terminated|timeout|connection|not queryable/i.test(message);
};
