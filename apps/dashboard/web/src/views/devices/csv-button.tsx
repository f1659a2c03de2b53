import { Button } from '@mantine/core';
import { useState } from 'react';
import { authorization } from '../../api/token.js';
import { toApiError } from '../../api/api-error.js';
import type { AsOf } from '../../app/as-of.js';
import { say } from '../../parts/toasts.js';

interface CsvButtonProps {
  readonly filter: Record<string, unknown>;
  readonly where: string | undefined;
  readonly asOf: AsOf;
}

const save = (content: Blob): void => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = 'devices.csv';
  link.click();
  URL.revokeObjectURL(link.href);
};

const download = async ({ filter, where, asOf }: CsvButtonProps): Promise<void> => {
  const query = new URLSearchParams({ filter: JSON.stringify(filter), ...(where && { where }), ...(asOf && { at: asOf }) });
  // A link alone could not carry the token.
  const response = await fetch(`/api/devices.csv?${query}`, { headers: authorization() });
  if (!response.ok) throw toApiError(response.status, await response.json().catch(() => undefined));
  save(await response.blob());
};

/** All devices of the filter as a file, not only those that were scrolled to. */
export const CsvButton = (props: CsvButtonProps) => {
  const [busy, setBusy] = useState(false);
  const get = async (): Promise<void> => {
    setBusy(true);
    await download(props).catch((error: Error) => say({ kind: 'failed', title: 'devices.csv', text: error.message }));
    setBusy(false);
  };
  return (
    <Button variant="default" onClick={() => void get()} loading={busy}>
      CSV
    </Button>
  );
};
