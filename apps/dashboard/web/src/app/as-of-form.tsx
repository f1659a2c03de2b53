import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { sayTime } from '../parts/time.js';
import { parseAsOf, type AsOf } from './as-of.js';

const STEPS = 240;
const HOUR_MS = 3_600_000;
const SPANS = [
  { value: String(HOUR_MS), label: 'the last hour' },
  { value: String(24 * HOUR_MS), label: 'the last day' },
  { value: String(7 * 24 * HOUR_MS), label: 'the last week' },
  { value: String(90 * 24 * HOUR_MS), label: 'the last 90 days' },
];
const MINUTE_MS = 60_000;

/** As `datetime-local` fields have it: without a zone, in the browser's own. */
const toLocal = (time: number): string => new Date(time - new Date(time).getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 19);

const isPosition = (asOf: AsOf): asOf is string => asOf !== undefined && /^\d+$/.test(asOf);

interface SliderProps {
  readonly now: number;
  readonly time: number;
  readonly choose: (time: number) => void;
}

/** Goes back from now, as far as is chosen. */
const Slider = ({ now, time, choose }: SliderProps) => {
  const [span, setSpan] = useState(HOUR_MS);
  const step = Math.round(STEPS - ((now - time) / span) * STEPS);
  return (
    <>
      <NativeSelect
        label="The slider reaches over"
        data={SPANS}
        value={String(span)}
        onChange={({ currentTarget }) => setSpan(Number(currentTarget.value))}
      />
      <label className="as-of-slider">
        Back in time
        <input
          type="range"
          min={0}
          max={STEPS}
          value={Math.max(0, step)}
          aria-valuetext={sayTime(new Date(time).toISOString())}
          onChange={({ currentTarget }) => choose(now - ((STEPS - Number(currentTarget.value)) / STEPS) * span)}
        />
      </label>
    </>
  );
};

interface AsOfFormProps {
  readonly asOf: AsOf;
  readonly choose: (asOf: AsOf) => void;
}

/** A time by slider or field, or a position of the journal, which goes before it. */
export const AsOfForm = ({ asOf, choose }: AsOfFormProps) => {
  const [now] = useState(() => Date.now());
  const [time, setTime] = useState(() => (asOf === undefined || isPosition(asOf) ? now : Date.parse(asOf)));
  const [position, setPosition] = useState(isPosition(asOf) ? asOf : '');
  const wrong = position !== '' && !isPosition(position) ? 'A position is a whole number' : undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    choose(parseAsOf(position || new Date(time).toISOString()));
  };
  return (
    <form onSubmit={submit}>
      <Slider now={now} time={time} choose={setTime} />
      <TextInput
        label="Date and time"
        type="datetime-local"
        step={1}
        description={`In your zone (${Intl.DateTimeFormat().resolvedOptions().timeZone})`}
        value={toLocal(time)}
        onChange={({ currentTarget }) => setTime(Date.parse(currentTarget.value) || now)}
        data-autofocus
      />
      <TextInput
        mt="sm"
        label="or a position of the journal"
        inputMode="numeric"
        value={position}
        onChange={({ currentTarget }) => setPosition(currentTarget.value.trim())}
        error={wrong}
      />
      <Group mt="md" justify="flex-end">
        <Button variant="default" onClick={() => choose(undefined)}>
          Now
        </Button>
        <Button type="submit" disabled={wrong !== undefined}>
          Show the fleet as of then
        </Button>
      </Group>
    </form>
  );
};
