import { Button, Group, SegmentedControl } from '@mantine/core';
import type { DeadLetter } from '@vfleet/contracts';
import { useState } from 'react';
import { useAct } from '../../api/act.js';
import { useAsk } from '../../api/queries.js';
import { useParameters } from '../../app/address.js';
import { useAsOf } from '../../app/as-of.js';
import { confirm } from '../../parts/confirmation.js';
import { Facts } from '../../parts/facts.js';
import { Moment } from '../../parts/moment.js';
import { Section } from '../../parts/section.js';
import { Answered } from '../../parts/states.js';
import { asHex, asText, toBytes } from './payload.js';

const Payload = ({ payload = '' }: Pick<DeadLetter, 'payload'>) => {
  const [form, setForm] = useState('text');
  const bytes = toBytes(payload);
  return (
    <>
      <SegmentedControl data={['text', 'hex']} value={form} onChange={setForm} aria-label="Form of the payload" size="xs" />
      <pre tabIndex={0} role="group" aria-label="Payload">
        {form === 'hex' ? asHex(bytes) : asText(bytes)}
      </pre>
    </>
  );
};

const Acts = ({ letter: { id, subject } }: { readonly letter: DeadLetter }) => {
  const asOf = useAsOf();
  const [, change] = useParameters();
  const close = (): void => change({ id: undefined });
  const replay = useAct('deadletters.replay', () => `Sent again to ${subject}`);
  const discard = useAct('deadletters.discard', () => `Discarded what came for ${subject}`);
  const ask = async (what: 'replay' | 'discard'): Promise<void> => {
    const again = what === 'replay';
    const yes = await confirm({
      title: again ? 'Send it again?' : 'Discard it?',
      does: again ? 'Send again' : 'Discard',
      dangerous: !again,
      children: again
        ? `Its bytes go to ${subject} once more. If they still cannot be accepted, they come back here as a new dead letter.`
        : `What came for ${subject} is gone for good.`,
    });
    if (yes) (again ? replay : discard).mutate({ id }, { onSuccess: close });
  };
  const off = asOf !== undefined || replay.isPending || discard.isPending;
  return (
    <Group gap="xs">
      <Button variant="default" disabled={off} onClick={() => void ask('replay')}>
        Replay
      </Button>
      <Button color="red" disabled={off} onClick={() => void ask('discard')}>
        Discard
      </Button>
      <Button variant="default" onClick={close}>
        Close
      </Button>
    </Group>
  );
};

/** One fact that nobody could accept: why, and its bytes. */
export const Letter = ({ id }: { readonly id: string }) => {
  const query = useAsk('deadletters.get', { id });
  return (
    <Answered query={query} what="the dead letter">
      {(letter) => (
        <Section title={letter.code} aside={<Acts letter={letter} />}>
          <p className="wrap">{letter.message}</p>
          <Facts
            of={{
              Subject: <code className="wrap">{letter.subject}</code>,
              Received: <Moment time={letter.receivedAt} />,
              'Refused by': letter.service,
              Size: `${letter.size} bytes`,
              Id: letter.id,
            }}
          />
          <Payload payload={letter.payload ?? ''} />
        </Section>
      )}
    </Answered>
  );
};
