import type { Host } from '@vfleet/contracts';
import type { Finding, Observations } from './diagnosis.js';
import { counted } from './render/text.js';

/** Heartbeats that may be missing before a host is stale. */
const PATIENCE_HEARTBEATS = 3;
/** When a host was last heard is written down every five seconds. */
const WRITTEN_SECONDS = 10;

/** What hosts tell of themselves, and whether they do. */
export const diagnoseAgents = ({ hosts, status, now }: Observations): readonly Finding[] => [
  ...hosts.flatMap((host) => silence(host, now) ?? []),
  ...versions(hosts),
  ...(status.checks?.diverged ?? []).map(({ hostId, at }): Finding => ({
    severity: 'warning',
    code: 'INVENTORY_DIVERGED',
    about: hostId,
    what: `as of ${at} its agent means other devices than the journal`,
    means: 'a fact of its agent was lost or refused: what is shown of its devices may be wrong',
    repair: `vfleet hosts probe ${hostId}`,
  })),
  ...hosts
    .filter(({ counts }) => counts.missing > 0)
    .map(({ hostId, counts }): Finding => ({
      severity: 'warning',
      code: 'DEVICES_MISSING',
      about: hostId,
      what: `${counted(counts.missing, 'device')} vanished while held`,
      means: 'a VM counts on hardware that is not there any more',
      repair: `vfleet devices ls --host ${hostId} --state missing`,
    })),
];

const silence = ({ hostId, state, lastSeenAt, heartbeatSeconds }: Host, now: number): Finding | undefined => {
  const seconds = Math.max(0, Math.floor((now - Date.parse(lastSeenAt)) / 1_000));
  const heard = `last heard ${lastSeenAt}, ${counted(seconds, 'second')} ago`;
  if (state === 'stale')
    return {
      severity: 'error',
      code: 'HOST_STALE',
      about: hostId,
      what: heard,
      means: 'nothing is reserved there, and nothing there is released by itself',
      repair: `systemctl restart vfleet-agent, on ${hostId}`,
    };
  if (state === 'offline')
    return {
      severity: 'warning',
      code: 'HOST_OFFLINE',
      about: hostId,
      what: `its agent said goodbye; ${heard}`,
      means: 'nothing is reserved there until its agent is started',
      repair: `systemctl start vfleet-agent, on ${hostId}`,
    };
  if (seconds <= PATIENCE_HEARTBEATS * heartbeatSeconds + WRITTEN_SECONDS) return undefined;
  return {
    severity: 'error',
    code: 'SILENCE_UNNOTICED',
    about: hostId,
    what: `${heard}, and it still counts as ${state}`,
    means: 'no allocator watches the heartbeats, or clocks differ',
    repair: 'vfleet status',
  };
};

/** Agents of another version than most are. */
const versions = (hosts: readonly Host[]): readonly Finding[] => {
  const counts = new Map<string, number>();
  for (const { agentVersion } of hosts) counts.set(agentVersion, (counts.get(agentVersion) ?? 0) + 1);
  const [usual] = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? 1 : -1))[0] ?? [];
  return hosts
    .filter(({ agentVersion }) => agentVersion !== usual)
    .map(({ hostId, agentVersion }): Finding => ({
      severity: 'warning',
      code: 'AGENT_VERSION',
      about: hostId,
      what: `its agent is ${agentVersion}, most are ${usual}`,
      means: 'agents and services are meant to be updated together',
      repair: `vfleet hosts show ${hostId}`,
    }));
};
