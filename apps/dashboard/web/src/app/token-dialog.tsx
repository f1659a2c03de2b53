import { Button, Group, TextInput, Text } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { createStore, useStore } from '../api/store.js';
import { keepToken, tokenStore } from '../api/token.js';
import { queryClient } from '../api/queries.js';
import { Dialog } from '../parts/dialog.js';

export const tokenDialogOpen = createStore(false);

const close = (): void => tokenDialogOpen.set(false);

/** Asks for the operator's token. It stays in this tab, and is gone when that is closed. */
export const TokenDialog = () => {
  const open = useStore(tokenDialogOpen);
  const kept = useStore(tokenStore);
  const [token, setToken] = useState('');
  const keep = (value: string): void => {
    keepToken(value.trim());
    setToken('');
    close();
    void queryClient.invalidateQueries();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    keep(token);
  };
  return (
    <Dialog open={open} onClose={close} title="Operator’s token">
      <form onSubmit={submit}>
        <Text mb="sm">
          Acting needs a token. <code>npm start</code> keeps it in the file <code>dashboard-token</code> of its data directory. It is kept for this
          tab only.
        </Text>
        <TextInput
          label="Token"
          type="password"
          value={token}
          onChange={({ currentTarget }) => setToken(currentTarget.value)}
          autoComplete="off"
          data-autofocus
          required
        />
        <Group mt="md" justify="flex-end">
          {kept && (
            <Button variant="default" onClick={() => keep('')}>
              Forget the token
            </Button>
          )}
          <Button type="submit">Keep the token</Button>
        </Group>
      </form>
    </Dialog>
  );
};
