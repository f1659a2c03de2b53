import { Alert, List } from '@mantine/core';
import type { MigrationPlan } from '@vfleet/contracts';
import { DeviceLink } from '../../parts/to.js';
import { SmallTable } from '../../parts/small-table.js';

const DOES: Readonly<Record<string, string>> = {
  reserve: 'reserve',
  unplug: 'unplug',
  move: 'move the VM',
  plug: 'plug',
  release: 'release',
};

const Blockers = ({ blockers }: MigrationPlan) => (
  <Alert color="red" variant="light" title="It may not move" role="alert">
    <List size="sm">
      {blockers.map(({ code, message, deviceId }) => (
        <List.Item key={`${code} ${deviceId ?? ''} ${message}`}>
          <code>{code}</code> {message}
        </List.Item>
      ))}
    </List>
  </Alert>
);

const Devices = ({ devices }: MigrationPlan) => (
  <SmallTable
    label="Devices that move"
    head={['Wish', 'Source', 'Target', 'How', 'Policy']}
    rows={devices}
    rowId={({ source }) => source.deviceId}
    cells={({ requestName, source, target, mode, policy }) => [
      requestName,
      <DeviceLink key="source" deviceId={source.deviceId}>
        {source.address}
      </DeviceLink>,
      target ? <DeviceLink deviceId={target.deviceId}>{target.address}</DeviceLink> : 'moves without it',
      mode,
      policy,
    ]}
  />
);

/** What a move would do, step by step, or what stands in its way. */
export const Plan = ({ plan }: { readonly plan: MigrationPlan }) => (
  <>
    {plan.blockers.length > 0 && <Blockers {...plan} />}
    {plan.feasible && (
      <>
        <p>
          <strong>{plan.vmId}</strong> moves from <strong>{plan.sourceHostId}</strong> to <strong>{plan.targetHostId}</strong>.
        </p>
        {plan.devices.length > 0 && <Devices {...plan} />}
        <ol className="steps" aria-label="Steps">
          {plan.steps.map(({ step, hostId, address, deviceId, deadlineSeconds }) => (
            <li key={`${step} ${deviceId ?? ''}`}>
              {DOES[step]} {address && <code>{address}</code>} {step === 'move' ? 'to' : 'on'} {hostId}
              {deadlineSeconds !== undefined && <span className="dimmed">, within {deadlineSeconds} s</span>}
            </li>
          ))}
        </ol>
      </>
    )}
  </>
);
