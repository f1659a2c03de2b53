import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl, vmFactSubject, type ApiName, type ApiReply, type ApiRequest } from '@vfleet/contracts';
import { aFolder, aProgram, until } from '@vfleet/testing';

const START_MS = 180_000;
const REPLY_MS = 60_000;

/** Everything that `npm start` starts, with the simulated fleet, in a folder of its own. */
export interface RunningSystem {
  /** The dashboard's address, without a slash at its end. */
  readonly url: string;
  readonly natsUrl: string;
  readonly pgUrl: string;
  readonly token: string;
  readonly nats: NatsConnection;
  /** A request of the contract, over the bus; a refusal throws. */
  readonly ask: <Name extends ApiName>(name: Name, request: ApiRequest<Name>) => Promise<ApiReply<Name>>;
  /** A VM's state, as its platform publishes it. */
  readonly tellVm: (vmId: string, state: object) => void;
  readonly stop: () => Promise<void>;
}

const ask =
  (nats: NatsConnection): RunningSystem['ask'] =>
  async (name, request) => {
    const reply = await nats.request(`vfleet.api.${name}`, JSON.stringify(request), { timeout: REPLY_MS });
    if (reply.headers?.get('Nats-Service-Error-Code')) throw new Error(`${name}: ${reply.string()}`);
    return reply.json();
  };

/** Starts the system and resolves when it is ready and its hosts have reported. */
export const aRunningSystem = async (hosts = 4): Promise<RunningSystem> => {
  const folder = aFolder('dashboard');
  const program = aProgram('all-in-one', [], {
    VFLEET_DATA_DIR: folder,
    VFLEET_HTTP_PORT: '0',
    VFLEET_NATS_PORT: '0',
    VFLEET_SIM_HOSTS: String(hosts),
    VFLEET_NATS_URL: '',
    VFLEET_PG_URL: '',
  });
  await until(
    () => `the ready line; it said ${program.said()}`,
    () => /: ready, the dashboard is at/.test(program.said()),
    START_MS,
  );
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const { natsUrl, pgUrl, httpUrl } = JSON.parse(read('endpoints.json')) as { natsUrl: string; pgUrl: string; httpUrl: string };
  const nats = await connect(parseNatsUrl(natsUrl));
  return {
    url: httpUrl.replace(/\/$/, ''),
    natsUrl,
    pgUrl,
    token: read('dashboard-token').trim(),
    nats,
    ask: ask(nats),
    tellVm: (vmId, state) => nats.publish(vmFactSubject(vmId, 'VmStateChanged'), JSON.stringify({ vmId, ...state })),
    stop: async () => {
      await nats.close();
      await program.kill();
    },
  };
};
