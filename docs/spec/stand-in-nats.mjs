/**
 * As much of the `nats` tool as the documentation uses, for machines that lack it: `nats pub SUBJECT BODY`,
 * `nats req [--raw] SUBJECT BODY`, `nats sub [--raw] [--count=N] SUBJECT`, `nats stream rm NAME --force`, on the server that NATS_URL names.
 */
import { connect } from '@nats-io/transport-node';

const [verb, ...rest] = process.argv.slice(2);
const flags = new Set(rest.filter((word) => word.startsWith('--')));
const [subject, body = ''] = rest.filter((word) => !word.startsWith('--'));
const { hostname, port, username, password } = new URL(process.env.NATS_URL ?? 'nats://127.0.0.1:4222');
const nats = await connect({ servers: `${hostname}:${port}`, user: decodeURIComponent(username), pass: decodeURIComponent(password) });

const count = Number([...flags].find((flag) => flag.startsWith('--count='))?.slice('--count='.length) ?? Infinity);
const say = (text) => console.log(text);

const sub = async () => {
  let left = count;
  for await (const message of nats.subscribe(subject)) {
    if (!flags.has('--raw')) say(`[#${count - left + 1}] Received on "${message.subject}"`);
    say(message.string());
    left -= 1;
    if (left === 0) return;
  }
};

const VERBS = {
  pub: async () => {
    nats.publish(subject, body);
    await nats.flush();
    say(`${new Date().toTimeString().slice(0, 8)} Published ${Buffer.byteLength(body)} bytes to "${subject}"`);
  },
  req: async () => say((await nats.request(subject, body, { timeout: 5_000 })).string()),
  sub,
  stream: async () => {
    if (subject !== 'rm' || !flags.has('--force')) throw new Error('of streams the stand-in knows rm NAME --force');
    const { success } = (await nats.request(`$JS.API.STREAM.DELETE.${body}`, '')).json();
    if (!success) throw new Error(`${body} was not deleted`);
  },
};

if (!VERBS[verb] || !subject) {
  console.error(`nats ${process.argv.slice(2).join(' ')}: the stand-in knows pub, req, sub and stream rm`);
  process.exit(64);
}
await VERBS[verb]();
await nats.close();
