import type { MigrationDevice, MigrationStep } from '@vfleet/contracts';
import { sayEventType } from '../../parts/event-words.js';
import { Section } from '../../parts/section.js';
import { sayDuration, sayTime } from '../../parts/time.js';
import { DeviceLink, HostLink } from '../../parts/to.js';

interface StepsProps {
  readonly steps: readonly MigrationStep[];
  readonly devices: readonly MigrationDevice[];
  /** Whether more of them will come. */
  readonly live: boolean;
}

/** The address of a device that moves, on either side. */
const addressOf = (devices: readonly MigrationDevice[], deviceId: string): string | undefined =>
  devices.flatMap(({ source, target }) => [source, target]).find((device) => device?.deviceId === deviceId)?.address;

/** The saga's steps in their order, each with the time since the one before; new ones are read out as they come. */
export const Steps = ({ steps, devices, live }: StepsProps) => (
  <Section title="Steps" aside={live ? <span className="dimmed">under way…</span> : undefined}>
    <ol className="timeline" aria-live="polite">
      {steps.map(({ step, at, sinceMs, hostId, deviceId, code, message }, index) => (
        <li key={`${index} ${step}`}>
          <div className="timeline-head">
            <strong>{sayEventType(step)}</strong>
            <span className="dimmed">
              <time dateTime={at}>{sayTime(at)}</time> · +{sayDuration(sinceMs)}
            </span>
          </div>
          {hostId && (
            <>
              on <HostLink hostId={hostId} />{' '}
            </>
          )}
          {deviceId && <DeviceLink deviceId={deviceId}>{addressOf(devices, deviceId) ?? deviceId}</DeviceLink>} {code && <code>{code}</code>}{' '}
          {message}
        </li>
      ))}
    </ol>
  </Section>
);
