import { Alert, Button, List, Loader, Text, Title } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError } from '../api/api-error.js';
import { tokenDialogOpen } from '../app/token-dialog.js';

export const Loading = ({ what }: { readonly what: string }) => (
  <div className="loading" role="status">
    <Loader size="sm" aria-hidden="true" /> Loading {what}…
  </div>
);

/** There is nothing to show, and why, or what to do about it. */
export const Empty = ({ title, children }: { readonly title: string; readonly children?: ReactNode }) => (
  <div className="empty">
    <Title order={2} size="h4">
      {title}
    </Title>
    {children && <Text c="dimmed">{children}</Text>}
  </div>
);

interface FailureProps {
  readonly error: unknown;
  readonly retry?: () => void;
}

/** A refusal as the service gave it: code, sentence, and the fields that are wrong. */
export const Failure = ({ error, retry }: FailureProps) => {
  const refusal = error instanceof ApiError ? error : new ApiError(0, 'FAULT', String(error));
  const wantsToken = refusal.status === 401 || refusal.status === 403;
  return (
    <Alert color="red" variant="light" role="alert" title={refusal.code} className="failure">
      <Text className="wrap">{refusal.message}</Text>
      {refusal.fields.length > 0 && (
        <List mt="xs">
          {refusal.fields.map(({ field, message }) => (
            <List.Item key={`${field} ${message}`}>
              <code>{field}</code> {message}
            </List.Item>
          ))}
        </List>
      )}
      {(wantsToken || retry) && (
        <Button mt="sm" variant="default" size="compact-sm" onClick={wantsToken ? () => tokenDialogOpen.set(true) : retry}>
          {wantsToken ? 'Give a token' : 'Try again'}
        </Button>
      )}
    </Alert>
  );
};

interface AnsweredProps<Reply> {
  readonly query: UseQueryResult<Reply, ApiError>;
  readonly what: string;
  readonly children: (reply: Reply) => ReactNode;
}

/** Shows an answer once it is there, else that it is waited for, or why there is none. What was shown stays over a short fault. */
export const Answered = <Reply,>({ query, what, children }: AnsweredProps<Reply>) => (
  <>
    {query.error && <Failure error={query.error} retry={() => void query.refetch()} />}
    {query.data === undefined ? !query.error && <Loading what={what} /> : children(query.data)}
  </>
);
