import type { CloudEvent } from '@vfleet/contracts';

/** Events until somebody stops them; the iterator waits for the next event, which may never come. */
export async function* untilStopped(stopped: AbortSignal, events: AsyncIterableIterator<CloudEvent>): AsyncGenerator<CloudEvent, void> {
  const end = new Promise<undefined>((resolve) => stopped.addEventListener('abort', () => resolve(undefined), { once: true }));
  try {
    while (!stopped.aborted) {
      const next = await Promise.race([events.next(), end]);
      if (!next || next.done) return;
      yield next.value;
    }
  } finally {
    await events.return?.();
  }
}
