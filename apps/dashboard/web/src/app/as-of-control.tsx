import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { createStore, useStore } from '../api/store.js';
import { sayTime } from '../parts/time.js';
import { useParameters } from './address.js';
import { parseAsOf, useAsOf } from './as-of.js';
import { Dialog } from '../parts/dialog.js';

const open = createStore(false);
const STEPS = 240;
const HOUR_MS = 3_600_000;
const SPANS = [
  { value: String(HOUR_MS), label: 'the last hour' },
  { value: String(24 * HOUR_MS), label: 'the last day' },
  { value: String(7 * 24 * HOUR_MS), label: 'the last week' },
  { value: String(90 * 24 * HOUR_MS), label: 'the last 90 days' },
];

/** As `datetime-local` fields have it: without a zone, in the browser's own. */
const toLocal = (time: number): string => new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
const toTime = (asOf: string | undefined, now: number): number => {
  const time = Date.parse(asOf ?? '');
  return Number.isNaN(time) || /^\d+$/.test(asOf ?? '') ? now : time;
};

const AsOfForm = () => {
  const asOf = useAsOf();
  const [, change] = useParameters();
  const [now] = useState(() => Date.now());
  const [span, setSpan] = useState(HOUR_MS);
  const [time, setTime] = useState(() => toTime(asOf, now));
  const [text, setText] = useState(() => asOf ?? toLocal(now));
  const go = (at: string | undefined): void => {
    change({ at });
    open.set(false);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    go(parseAsOf(text));
  };
  const wrong = parseAsOf(text) === undefined ? 'A time such as 2026-11-22 10:00:00, or a position of the journal' : undefined;
  const step = Math.round(STEPS - ((now - time) / span) * STEPS);
  return (
    <form onSubmit={submit}>
      <NativeSelect
        label="The slider reaches over"
        data={SPANS}
        value={String(span)}
        onChange={({ currentTarget }) => setSpan(Number(currentTarget.value))}
      />
      <label className="as-of-slider">
        Time
        <input
          type="range"
          min={0}
          max={STEPS}
          value={Math.max(0, step)}
          aria-valuetext={sayTime(new Date(time).toISOString())}
          onChange={({ currentTarget }) => {
            const chosen = now - ((STEPS - Number(currentTarget.value)) / STEPS) * span;
            setTime(chosen);
            setText(toLocal(chosen));
          }}
        />
      </label>
      <TextInput
        label="Time, or position of the journal"
        description={`In your zone (${Intl.DateTimeFormat().resolvedOptions().timeZone})`}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        error={wrong}
        data-autofocus
      />
      <Group mt="md" justify="flex-end">
        <Button variant="default" onClick={() => go(undefined)}>
          Now
        </Button>
        <Button type="submit" disabled={wrong !== undefined}>
          Show the fleet as of then
        </Button>
      </Group>
    </form>
  );
};

/** Chooses the time that every view shows. */
export const AsOfControl = () => {
  const opened = useStore(open);
  const asOf = useAsOf();
  return (
    <>
      <Button
        variant={asOf === undefined ? 'subtle' : 'light'}
        color={asOf === undefined ? 'blue' : 'yellow'}
        size="compact-sm"
        onClick={() => open.set(true)}
      >
        {asOf === undefined ? 'As of: now' : 'As of: past'}
      </Button>
      <Dialog open={opened} onClose={() => open.set(false)} title="Show the fleet as of a time">
        <AsOfForm />
      </Dialog>
    </>
  );
};
