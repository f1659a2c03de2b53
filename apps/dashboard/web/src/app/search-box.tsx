import { TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useGo } from './address.js';

/** Finds a host, a VM, a device or an address: what is meant is found out by the view that it leads to. */
export const SearchBox = () => {
  const go = useGo();
  const [text, setText] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim()) go('/search', { q: text.trim() });
  };
  return (
    <form role="search" className="search" onSubmit={submit}>
      <TextInput
        id="search"
        type="search"
        aria-label="Search"
        placeholder="Host, VM, device or address"
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        aria-keyshortcuts="/"
        maxLength={256}
      />
    </form>
  );
};
