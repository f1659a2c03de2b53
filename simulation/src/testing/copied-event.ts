import { cloudEventJson, subjectOf } from '@vfleet/contracts';
import type { CopiedMessage, RecordedEvent } from '@vfleet/journal';

export const idOf = (position: number, journal = 0): string => `00000000-0000-7000-8${journal}00-${String(position).padStart(12, '0')}`;

/** An event as the relay sends it; `journal`: of the one that has other events at the same positions. */
export const event = (position: number, more: Partial<CopiedMessage> & { readonly journal?: number } = {}): CopiedMessage => {
  const { journal, ...others } = more;
  const recorded: RecordedEvent = {
    position,
    id: idOf(position, journal),
    stream: 'host-h1',
    version: position,
    type: 'HostOnline',
    data: { hostId: 'h1' },
    meta: { source: 'spec' },
    recordedAt: '2026-11-22T10:00:00.000Z',
  };
  return {
    subject: subjectOf(recorded),
    payload: cloudEventJson(recorded),
    contentType: 'application/cloudevents+json',
    id: recorded.id,
    expectedLast: position - 1,
    ...others,
  };
};
