/** This device alone cannot be read: it vanished meanwhile, or an attribute that makes it what it is fails. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** A bus is there and cannot be listed: nothing is known of what is on it. */
export class Unlisted extends Error {
  override readonly name = 'Unlisted';
}
