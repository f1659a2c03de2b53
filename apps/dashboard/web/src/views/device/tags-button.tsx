import { Button, CloseButton, Group, TextInput } from '@mantine/core';
import type { Device } from '@vfleet/contracts';
import { useState, type FormEvent } from 'react';
import { useAct } from '../../api/act.js';
import { useAsOf } from '../../app/as-of.js';
import { Dialog } from '../../parts/dialog.js';

interface TagsFormProps {
  readonly device: Device;
  readonly close: () => void;
}

const TagsForm = ({ device: { deviceId, address, tags }, close }: TagsFormProps) => {
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const tag = useAct('devices.tag', () => `Tags of ${address} are changed`);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    tag.mutate({ deviceId, tags: { [key.trim()]: value } }, { onSuccess: close });
  };
  return (
    <form onSubmit={submit}>
      <ul className="conditions" aria-label="Tags">
        {Object.entries(tags).map(([name, held]) => (
          <li key={name}>
            <span>
              {name}={held}
            </span>
            <CloseButton size="sm" aria-label={`Take the tag ${name} away`} onClick={() => tag.mutate({ deviceId, tags: { [name]: null } })} />
          </li>
        ))}
      </ul>
      <Group grow mt="md">
        <TextInput label="Key" value={key} onChange={({ currentTarget }) => setKey(currentTarget.value)} required data-autofocus />
        <TextInput label="Value" value={value} onChange={({ currentTarget }) => setValue(currentTarget.value)} />
      </Group>
      <Group mt="md" justify="flex-end">
        <Button variant="default" onClick={close}>
          Close
        </Button>
        <Button type="submit" loading={tag.isPending}>
          Set the tag
        </Button>
      </Group>
    </form>
  );
};

/** Changes the tags that operators gave the device. */
export const TagsButton = ({ device }: { readonly device: Device }) => {
  const asOf = useAsOf();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="default" disabled={asOf !== undefined} onClick={() => setOpen(true)}>
        Tags
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={`Tags of ${device.address}`}>
        <TagsForm device={device} close={() => setOpen(false)} />
      </Dialog>
    </>
  );
};
