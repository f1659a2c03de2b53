import { CLOUD_EVENTS_CONTENT_TYPE, STREAMS, subjectOf, toCloudEvent } from '@vfleet/contracts';
import { Relay } from '@vfleet/journal';
import type { Platform } from './platform.js';

/** The relay of a service that writes to the journal. Several may run at once: the stream takes each event once, in order. */
export const openRelay = ({ pool, nats, log }: Platform): Relay =>
  new Relay({
    pool,
    nats,
    stream: STREAMS.EVT.name,
    subjects: STREAMS.EVT.subjects,
    encode: (event) => ({ subject: subjectOf(event), payload: JSON.stringify(toCloudEvent(event)), contentType: CLOUD_EVENTS_CONTENT_TYPE }),
    log,
  });
