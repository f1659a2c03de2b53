/**
 * Ends with 0 when what it is told of is in order: the address of a health page, `http://127.0.0.1:8080/health/ready`; a subject that
 * somebody answers, `$SRV.PING.vfleet-inventory`; or a host that was heard of lately, `host:sim-01`. NATS is where VFLEET_NATS_URL says.
 */
import { VfleetClient } from '@vfleet/client';

const ANSWER_MS = 2_000;

const pageIsFine = async (url) => (await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })).ok;

const askNats = async (work) => {
  const client = await VfleetClient.connect({ url: process.env.VFLEET_NATS_URL ?? '', name: 'is-healthy', timeoutMs: ANSWER_MS });
  return work(client).finally(() => client.nats.close());
};

const answers = (subject) => askNats(async (client) => Boolean(await client.nats.request(subject, '{}', { timeout: ANSWER_MS })));

const isHeard = (hostId) => askNats(async (client) => ['online', 'draining'].includes((await client.request('hosts.get', { hostId })).state));

const look = (what) => {
  if (what.startsWith('http')) return pageIsFine(what);
  return what.startsWith('host:') ? isHeard(what.slice('host:'.length)) : answers(what);
};

const [what = ''] = process.argv.slice(2);
try {
  process.exitCode = (await look(what)) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${what}: ${error.message}\n`);
  process.exitCode = 1;
}
process.exit();
