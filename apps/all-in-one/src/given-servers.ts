import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { parseNatsUrl } from '@vfleet/contracts/endpoint';
import { reachPostgres, ServerStartError } from '@vfleet/embedded';

/** A server that was started just before us has so long to answer. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 250;
const CONNECT_MS = 2_000;

/** A server of the user's own: how it is tried, and what to tell where it cannot be used. */
interface Given {
  readonly kind: 'PostgreSQL' | 'NATS';
  readonly variable: 'VFLEET_PG_URL' | 'VFLEET_NATS_URL';
  readonly url: string;
  readonly reach: (url: string) => Promise<void>;
}

/** Never the whole address: it holds a password. */
const placeOf = (url: string): string =>
  url
    .split(',')
    .map((one) => (URL.canParse(one) ? new URL(one).host : 'that address'))
    .join(', ');

const withoutJetStream = (url: string): ServerStartError =>
  new ServerStartError('FAILED', `the NATS server at ${placeOf(url)} has JetStream switched off: start it with -js, or unset VFLEET_NATS_URL`);

const reachNats = async (url: string): Promise<void> => {
  const nats = await connect({ ...parseNatsUrl(url), name: 'vfleet-start', reconnect: false, timeout: CONNECT_MS });
  const jetStream = nats.info?.jetstream === true;
  await nats.close();
  if (!jetStream) throw withoutJetStream(url);
};

const unreachable = ({ kind, variable, url }: Given, cause: unknown): ServerStartError => {
  const advice = `see that it runs and that ${variable} is right, or unset ${variable} to have one started`;
  return new ServerStartError('UNREACHABLE', `${kind} at ${placeOf(url)} cannot be used: ${(cause as Error).message}\n${advice}`, { cause });
};

const untilReached = async (given: Given): Promise<string> => {
  for (const end = Date.now() + PATIENCE_MS; ; await delay(PAUSE_MS)) {
    try {
      await given.reach(given.url);
      return given.url;
    } catch (error) {
      if (error instanceof ServerStartError) throw error;
      if (Date.now() > end) throw unreachable(given, error);
    }
  }
};

/** @throws ServerStartError when it does not answer within ten seconds */
export const givenPostgres = (url: string): Promise<string> =>
  untilReached({ kind: 'PostgreSQL', variable: 'VFLEET_PG_URL', url, reach: reachPostgres });

/** @throws ServerStartError when it does not answer within ten seconds, or has no JetStream */
export const givenNats = (url: string): Promise<string> => untilReached({ kind: 'NATS', variable: 'VFLEET_NATS_URL', url, reach: reachNats });
